"""Measures tpsnet beside PyTorch and ONNX Runtime on this machine, and prints and writes the table.

    make bench
    Scripts/bench --rows 'tpsnet-train-*' --rounds 5
    Scripts/bench --config my.yaml --batch-size 512

Programs take turns in rounds, so that a slow moment of the machine meets all of them; medians over the rounds count,
and a ratio compares with the fastest peer. A row that is measured again replaces its predecessor in
Benchmarks/results/; the others stay. Rows of bf16 are left out where the processor has none; where speed.md is of
another machine or number of threads, it stays, and here.md is written beside it.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from programs import ROOT, Runner, Turn
from report import Measured, load, save
from works import Network, Work, all_works, chosen, trainings


def commit() -> str:
    """The sources that were measured; `+` where files have changed since."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    return found.stdout.strip() or "unknown"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--rows", default="", help="names or patterns, apart by commas; default: all")
    parser.add_argument("--list", action="store_true", help="print the rows' names and end")
    parser.add_argument("--config", type=Path, help="train the network of this configuration file instead")
    parser.add_argument("--batch-size", type=int, default=128, help="images of a step of --config")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="timed steps of a turn, after two of warm-up; default: the row's own")
    parser.add_argument("--compile", action="store_true", help="also measure torch.compile")
    parser.add_argument("--output", type=Path, default=ROOT / "Benchmarks" / "results")
    parser.add_argument("--name", help="name of the files in it; default: speed, on other machines than its own here")
    options = parser.parse_args()
    if options.rounds < 1 or (options.steps is not None and options.steps < 1):
        parser.error("--rounds and --steps: use 1 or more")
    options.works = all_works()
    if options.config:
        if not options.config.is_file():
            parser.error(f"--config: there is no file {options.config}")
        path = options.config.resolve()
        options.works = trainings(path.stem, Network.file(path.stem, path), options.batch_size, 4)
    if options.rows:
        try:
            options.works = chosen(options.works, options.rows.split(","))
        except ValueError as error:
            parser.error(f"--rows: {error}")
    return options


def measure(options: argparse.Namespace, runner: Runner) -> str:
    """All rounds; the files are written after each, so that an interrupted run leaves what it has."""
    works: list[Work] = options.works
    turns: dict[str, dict[str, list[Turn]]] = {work.name: {} for work in works}
    order = [work.name for work in all_works()]
    text = ""
    for number in range(1, options.rounds + 1):
        for work in works:
            for program in work.programs(options.compile):
                turn = runner.turn(work, program)
                turns[work.name].setdefault(program, []).append(turn)
                print(f"round {number}: {work.name} {program}: {turn['value']:.4g}", file=sys.stderr)
        document = load(options.output / f"{options.name}.json", runner.cpu, runner.threads)
        for work in works:
            document["rows"][work.name] = Measured(
                title=work.title,
                mode=work.mode,
                steps=runner.steps_of(work),
                date=str(datetime.date.today()),
                commit=commit(),
                versions=runner.versions,
                turns=turns[work.name],
            )
        text = save(document, order, options.output, options.name)
    return text


def is_of_another_machine(path: Path, runner: Runner) -> bool:
    return path.exists() and not load(path, runner.cpu, runner.threads)["rows"]


def main() -> None:
    options = parse_options()
    if options.list:
        print("\n".join(work.name for work in options.works))
        return
    with tempfile.TemporaryDirectory(prefix="tpsnet-bench-") as scratch:
        runner = Runner(options.threads, options.steps, Path(scratch))
        if options.name is None:
            options.name = "here" if is_of_another_machine(options.output / "speed.json", runner) else "speed"
        path = options.output / f"{options.name}.json"
        if (options.rows or options.config) and is_of_another_machine(path, runner):
            sys.exit(f"{path} is of another machine or number of threads: measure all rows, or give another --name")
        print(f"{runner.cpu}: results go to {path.with_suffix('.md')}", file=sys.stderr)
        left_out = [work.name for work in options.works if work.precision == "bf16" and not runner.has_bf16]
        if left_out:
            print(f"this processor has no bf16: without {', '.join(left_out)}", file=sys.stderr)
            options.works = [work for work in options.works if work.name not in left_out]
        if not options.works:
            sys.exit("nothing is left to measure: choose rows of fp32")
        print(measure(options, runner), end="")


if __name__ == "__main__":
    main()
