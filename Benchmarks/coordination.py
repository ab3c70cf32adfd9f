"""Measures what a search's coordination costs: trials a second and the p99 latency of a trial's storage calls, for 1 to
32 workers on SQLite and PostgreSQL, with many trials stored already, beside Optuna on the same machine.

    make build && .deps/optuna/bin/python Benchmarks/coordination.py [--quick]

Needs optuna and psycopg2 (python3 -m venv .deps/optuna && .deps/optuna/bin/pip install optuna psycopg2-binary), and
PostgreSQL's server programs (Debian: postgresql), of which it starts one of its own in a temporary folder.

A trial draws eight variables, sleeps 1 ms instead of training, reports one value and ends. Its latency is the time it
took but for the sleep. The programs take turns, each on its own database of the same trials; Optuna's is made by Optuna
and filled with what it would have written. Optuna keeps all trials in every worker's memory, so it is measured with few
workers where many trials are stored (`--optuna-trials`); before the clock starts each worker runs one trial, so that
reading them is not counted. Databases are as the programs set them up: tpsnet's SQLite with a write-ahead log and
synchronous=NORMAL, where a power cut may undo the last transactions; PostgreSQL with its
defaults, but that tpsnet's reports of epochs do not wait for the disk.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".build" / "release" / "tpsnet"
STUDY = "s"
SLEEP = 0.001


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storages", default="sqlite,postgresql")
    parser.add_argument("--stored", default="1000,10000,100000", help="trials in the study before it is measured")
    parser.add_argument("--workers", default="1,2,4,8,16,32")
    parser.add_argument("--seconds", type=float, default=5, help="length of a measurement")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured; the median counts")
    parser.add_argument(
        "--optuna-trials", type=int, default=400_000, help="trials that all of Optuna's workers may hold in memory")
    parser.add_argument("--quick", action="store_true", help="only see that it works; writes nothing")
    parser.add_argument("--output", type=Path, default=ROOT / "Benchmarks" / "results")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.stored, chosen.workers, chosen.seconds, chosen.rounds = "200", "1,4", 1, 1
    chosen.stored = [int(text) for text in chosen.stored.split(",")]
    chosen.workers = [int(text) for text in chosen.workers.split(",")]
    return chosen


class Server:
    """A PostgreSQL server of our own, on a socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        found = shutil.which("initdb")
        if not versions and not found:
            sys.exit("coordination: PostgreSQL's server is missing (Debian: postgresql); or use --storages sqlite")
        self.bin = versions[-1] if versions else Path(found).parent
        self.folder = folder
        folder.mkdir()
        self.user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "tpsnet")
        with contextlib.redirect_stdout(None):
            self.control("start", "-o", f"-c listen_addresses='' -c max_connections=200 -k {folder}")

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.user, str(self.bin / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def control(self, *arguments: str) -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/data/log", "-w", *arguments)

    def database(self, name: str) -> str:
        self.run("createdb", "-h", str(self.folder), "-U", "tpsnet", name)
        return f"postgresql+psycopg2://tpsnet@/{name}?host={self.folder}"


# What Optuna would have written for a trial, as rows of its tables.
DISTRIBUTIONS: dict[str, Any] = {
    **{f"float{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(3)},
    **{f"integer{i}": optuna.distributions.IntDistribution(1, 32) for i in range(3)},
    **{f"choice{i}": optuna.distributions.CategoricalDistribution(["a", "b", "c"]) for i in range(2)},
}


def rows(count: int) -> dict[str, list[tuple]]:
    texts = {name: optuna.distributions.distribution_to_json(d) for name, d in DISTRIBUTIONS.items()}
    draw = random.Random(1)
    tables: dict[str, list[tuple]] = {"trials": [], "trial_params": [], "trial_intermediate_values": [], "trial_values": []}
    for number in range(count):
        key, value = number + 1, draw.random()
        now = "2026-01-01 00:00:00.000000"
        tables["trials"].append((key, number, 1, "COMPLETE", now, now))
        for name, d in DISTRIBUTIONS.items():
            drawn = {"f": draw.random(), "i": draw.randint(1, 32), "c": draw.randint(0, 2)}[name[0]]
            tables["trial_params"].append((len(tables["trial_params"]) + 1, key, name, float(drawn), texts[name]))
        tables["trial_intermediate_values"].append((key, key, 1, value, "FINITE"))
        tables["trial_values"].append((key, key, 0, value, "FINITE"))
    return tables


def fill_optuna(url: str, count: int) -> None:
    optuna.create_study(study_name=STUDY, storage=url, direction="maximize")
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            for table, values in rows(count).items():
                database.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(values[0]))})", values)
        return
    import psycopg2

    with psycopg2.connect(url.replace("+psycopg2", "")) as database, database.cursor() as cursor:
        for table, values in rows(count).items():
            lines = "".join("\t".join(map(str, row)) + "\n" for row in values)
            cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))
            key = {"trials": "trial_id", "trial_params": "param_id"}.get(table, f"{table[:-1]}_id")
            cursor.execute(f"SELECT setval('{table}_{key}_seq', {len(values)})")
        cursor.execute("ANALYZE")


def optuna_worker(url: str, seconds: float, ready: int, go: int, results: str) -> None:
    """One process of Optuna: trials until time is up, and a line for each."""
    study = optuna.load_study(study_name=STUDY, storage=url, sampler=optuna.samplers.RandomSampler())

    def trial() -> float:
        start = time.perf_counter()
        trial = study.ask()
        for name in DISTRIBUTIONS:
            if name[0] == "f":
                value = trial.suggest_float(name, 0, 1)
            elif name[0] == "i":
                trial.suggest_int(name, 1, 32)
            else:
                trial.suggest_categorical(name, ["a", "b", "c"])
        asleep = time.perf_counter()
        time.sleep(SLEEP)
        awake = time.perf_counter()
        trial.report(value, 1)
        study.tell(trial, value)
        return time.perf_counter() - start - (awake - asleep)

    trial()
    os.write(ready, b"r")
    os.read(go, 1)
    end = time.perf_counter() + seconds
    latencies = []
    while time.perf_counter() < end:
        with contextlib.suppress(optuna.exceptions.StorageInternalError):  # locked for too long: the trial is lost
            latencies.append(trial())
    Path(results).write_text("\n".join(f"{latency * 1e6:.0f}" for latency in latencies))


def run_optuna(url: str, workers: int, seconds: float, folder: Path) -> list[float]:
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()
    children = []
    for index in range(workers):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                optuna_worker(url, seconds, ready_write, go_read, f"{folder}/latencies{index}")
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    waiting = workers
    while waiting:
        waiting -= len(os.read(ready_read, waiting))
    os.write(go_write, b"g" * workers)
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    for end in (ready_read, ready_write, go_read, go_write):
        os.close(end)
    if failed:
        print(f"coordination: {failed} of Optuna's {workers} workers failed", file=sys.stderr)
    files = [Path(f"{folder}/latencies{index}") for index in range(workers)]
    latencies = [float(line) for file in files if file.exists() for line in file.read_text().split()]
    for file in files:
        file.unlink(missing_ok=True)
    return latencies


def run_tpsnet(url: str, workers: int, seconds: float) -> list[float]:
    command = [
        str(PROGRAM), "storage", "work", "--storage", url, "--study", STUDY, "--trials", "1000000000",
        "--milliseconds", str(SLEEP * 1000), "--seconds", str(seconds), "--on-signal",
    ]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(workers)]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    lines = [line for process in processes for line in process.communicate()[0].splitlines()]
    if any(process.returncode for process in processes):
        sys.exit("coordination: a worker of tpsnet failed")
    return [float(line.split()[2]) for line in lines]


def summary(latencies: list[float], seconds: float) -> dict[str, float]:
    latencies = sorted(latencies)
    return {
        "trialsPerSecond": len(latencies) / seconds,
        "medianMilliseconds": latencies[len(latencies) // 2] / 1000 if latencies else float("nan"),
        "p99Milliseconds": latencies[int(len(latencies) * 0.99)] / 1000 if latencies else float("nan"),
    }


def measure(chosen: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    server = None
    try:
        for storage in chosen.storages.split(","):
            if storage == "postgresql":
                server = server or Server(folder / "pg")
            for stored in chosen.stored:
                names = [f"ours{stored}", f"optuna{stored}"]
                urls = [f"sqlite:///{folder}/{name}.db" if storage == "sqlite" else server.database(name) for name in names]
                subprocess.run(
                    [PROGRAM, "storage", "fill", "--storage", urls[0], "--study", STUDY, "--trials", str(stored)], check=True)
                fill_optuna(urls[1], stored)
                for workers in chosen.workers:
                    rounds: dict[str, list[dict[str, float]]] = {"tpsnet": []}
                    for _ in range(chosen.rounds):
                        rounds["tpsnet"].append(summary(run_tpsnet(urls[0], workers, chosen.seconds), chosen.seconds))
                        if stored * workers <= chosen.optuna_trials:
                            latencies = run_optuna(urls[1], workers, chosen.seconds, folder)
                            rounds.setdefault("optuna", []).append(summary(latencies, chosen.seconds))
                    row: dict[str, Any] = {"storage": storage, "stored": stored, "workers": workers}
                    for program, results in rounds.items():
                        results.sort(key=lambda result: result["trialsPerSecond"])
                        row[program] = results[(len(results) - 1) // 2]
                    yield row
    finally:
        if server:
            server.control("stop", "-m", "immediate")


def cell(result: dict[str, float] | None) -> str:
    return f"{result['trialsPerSecond']:.0f} | {result['p99Milliseconds']:.1f} ms" if result else "– | –"


def table(found: list[dict[str, Any]]) -> str:
    lines = [
        "| storage | trials stored | workers | tpsnet, trials/s | p99 | Optuna, trials/s | p99 | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        ours, theirs = row["tpsnet"], row.get("optuna")
        ratio = f"**{ours['trialsPerSecond'] / theirs['trialsPerSecond']:.1f}×**" if theirs and theirs["trialsPerSecond"] else ""
        lines.append(f"| {row['storage']} | {row['stored']:,} | {row['workers']} | {cell(ours)} | {cell(theirs)} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = options()
    found = []
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        for row in measure(chosen, Path(name)):
            found.append(row)
            print(table([row]).splitlines()[-1], flush=True)
    if chosen.quick:
        return
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    head = (
        f"A trial of 1 ms; {os.cpu_count()} threads of {cpu}; optuna {optuna.__version__}; "
        f"{datetime.date.today()}; `Benchmarks/coordination.py {' '.join(sys.argv[1:])}`, median of {chosen.rounds}. "
        "Latency is a trial's time but for its 1 ms."
    )
    (chosen.output / "coordination.md").write_text(f"{head}\n\n{table(found)}\n")
    (chosen.output / "coordination.json").write_text(json.dumps({"conditions": head, "rows": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
