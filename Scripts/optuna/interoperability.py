"""Opens studies of tpsnet in Optuna, and lets tpsnet go on with Optuna's; prints what was checked, fails at the first
difference.

    make build && python Scripts/optuna/interoperability.py [postgresql+psycopg2://user@host/EMPTY_DATABASE]

Needs optuna, and psycopg2 for PostgreSQL; without an address it uses a new SQLite file.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

PROGRAM = Path(__file__).resolve().parents[2] / ".build" / "release" / "tpsnet"


def tpsnet(*arguments: str) -> str:
    command = [str(PROGRAM), "storage", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class Place:
    """A database by the names that the two programs have for it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ours(self, command: str, study: str, *arguments: str) -> str:
        return tpsnet(command, "--storage", self.url, "--study", study, *arguments)

    def dump(self, study: str) -> list[dict[str, Any]]:
        return json.loads(self.ours("dump", study))

    def load(self, study: str) -> optuna.Study:
        return optuna.load_study(study_name=study, storage=self.url)


def check(what: str, holds: bool) -> None:
    if not holds:
        sys.exit(f"DIFFERENT: {what}")
    print(f"  {what}")


def same(a: float | None, b: float | None) -> bool:
    return a == b or (a is not None and b is not None and math.isnan(a) and math.isnan(b))


def compare(place: Place, name: str) -> optuna.Study:
    """Everything that both programs read of a study's trials."""
    study = place.load(name)
    ours = place.dump(name)
    theirs = study.trials
    check(f"{len(ours)} trials in both", [t["number"] for t in ours] == [t.number for t in theirs])
    for a, b in zip(ours, theirs):
        values = {
            key: b.distributions[key].to_internal_repr(value) for key, value in b.params.items()
        }
        texts = {key: json.loads(text) for key, text in a["distributions"].items()}
        assert a["state"] == b.state.name, (a, b)
        assert same(a.get("value"), b.values[0] if b.values else None), (a, b)
        assert a["parameters"] == values, (a, b)
        for key, distribution in b.distributions.items():
            assert texts[key] == json.loads(optuna.distributions.distribution_to_json(distribution)), (a, b)
        assert {int(k): v for k, v in a["intermediateValues"].items()} == b.intermediate_values, (a, b)
        for ours_, theirs_ in ((a["userAttributes"], b.user_attrs), (a["systemAttributes"], b.system_attrs)):
            assert {key: json.loads(text) for key, text in ours_.items()} == theirs_, (a, b)
        assert (b.datetime_start is None) == (b.state == TrialState.WAITING), b
    check("states, values, parameters, distributions, reports and attributes are the same", True)
    return study


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/study.db")

        print("a study of tpsnet, in Optuna:")
        place.ours("work", "ours", "--trials", "60", "--rungs", "3", "--milliseconds", "0")
        study = compare(place, "ours")
        complete = [t for t in study.trials if t.state == TrialState.COMPLETE]
        pruned = [t for t in study.trials if t.state == TrialState.PRUNED]
        check(f"{len(complete)} complete and {len(pruned)} paused trials", len(complete) > 1 and len(pruned) > 30)
        check("best_trial", study.best_trial.number == max(complete, key=lambda t: t.value).number)
        check("direction", study.direction == optuna.study.StudyDirection.MAXIMIZE)
        check("rungs", all(t.system_attrs["completed_rung_0"] == t.intermediate_values[1] for t in pruned))
        place.ours("fill", "filled", "--trials", "200")
        names = optuna.importance.get_param_importances(place.load("filled")).keys()
        check("importance of 8 variables", len(names) == 8)

        print("trials enqueued from Python, run by tpsnet:")
        for value in (0.25, 0.5):
            study.enqueue_trial({"float0": value}, user_attrs={"from": "Python"})
        place.ours("work", "ours", "--trials", "60", "--milliseconds", "0")
        study = compare(place, "ours")
        check("they are complete", [t.state for t in study.trials[60:]] == [TrialState.COMPLETE] * 2)
        check("what was wished is kept", study.trials[61].system_attrs["fixed_params"] == {"float0": 0.5})

        print("trials enqueued by tpsnet, run from Python:")
        place.ours("fill", "waiting", "--trials", "3", "--waiting")
        study = compare(place, "waiting")
        wishes = [t.params["float0"] for t in study.trials]
        got = []
        for _ in range(3):
            trial = study.ask()
            got.append(trial.suggest_float("float0", 0, 1))
            study.tell(trial, 0.5)
        check("with the values that tpsnet chose", got == wishes)
        compare(place, "waiting")

        print("a study begun in Python, continued by tpsnet:")
        study = optuna.create_study(study_name="theirs", storage=place.url, direction="maximize")
        study.set_user_attr("note", ["é", 1])
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1, log=False), n_trials=5)
        study.enqueue_trial({"float0": 0.125})
        place.ours("work", "theirs", "--trials", "20", "--milliseconds", "0")
        study = compare(place, "theirs")
        check("numbers go on", [t.number for t in study.trials] == list(range(20)))
        check("all complete", all(t.state == TrialState.COMPLETE for t in study.trials))

        print("both at once on one study:")
        command = [str(PROGRAM), "storage", "work", "--storage", place.url, "--study", "both", "--trials", "150"]
        optuna.create_study(study_name="both", storage=place.url, direction="maximize")
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        study = place.load("both")
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=15)
        lines = worker.communicate()[0].splitlines()
        check("tpsnet ended well", worker.returncode == 0)
        study = compare(place, "both")
        check("no number twice, none left out", len(study.trials) >= 150)
        check("each trial was run by one of them", len(lines) + 15 == len(study.trials))
    print("all the same")


if __name__ == "__main__":
    main()
