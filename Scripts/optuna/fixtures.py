"""Makes Tests/Fixtures/optuna: databases as Optuna itself leaves them, as SQL, which the tests load without Python.

    python Scripts/optuna/fixtures.py [postgresql+psycopg2://user@host/EMPTY_DATABASE]

Needs optuna; for PostgreSQL also psycopg2 and pg_dump. Made with optuna 5.0.0.
"""

import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import optuna

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "optuna"


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", 1e-5, 0.1, log=True)
    step = trial.suggest_float("step", 0, 1, step=0.25)
    blocks = trial.suggest_int("layers[0].blocks", 1, 31, step=2)
    choice = trial.suggest_categorical("choice", ["é\U0001F600", 1, 1.5, True])
    for epoch in (1, 2, 4):
        trial.report(blocks / 100 + epoch / 10, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return x + step + blocks + len(str(choice))


def fill(url: str) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
    study = optuna.create_study(
        storage=url, study_name="from-python", direction="maximize", pruner=pruner,
        sampler=optuna.samplers.RandomSampler(seed=1))
    study.set_user_attr("tpsnet:study", {"space": ["é", 1]})
    study.optimize(objective, n_trials=8)
    failed = study.ask()
    study.tell(failed, state=optuna.trial.TrialState.FAIL)
    special = study.ask()
    for step, value in enumerate([float("nan"), float("inf"), float("-inf")]):
        special.report(value, step)
    study.tell(special, float("-inf"))
    study.enqueue_trial({"x": 0.01, "choice": "é\U0001F600"}, user_attrs={"why": "a guess"})
    study.enqueue_trial({"x": 0.02})
    optuna.create_study(storage=url, study_name="minimising")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/study.db"
        fill(f"sqlite:///{path}")
        with sqlite3.connect(path) as database:
            (FOLDER / "sqlite.sql").write_text("\n".join(database.iterdump()) + "\n")
    if len(sys.argv) > 1:
        fill(sys.argv[1])
        plain = sys.argv[1].replace("+psycopg2", "")
        dump = subprocess.run(["pg_dump", "--inserts", "-O", plain], check=True, capture_output=True, text=True).stdout
        # Settings, comments and commands of psql differ from version to version and say nothing of the tables.
        noise = ("--", "SET ", "\\", "SELECT pg_catalog.set_config")
        lines = [line for line in dump.splitlines() if line and not line.startswith(noise)]
        (FOLDER / "postgresql.sql").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
