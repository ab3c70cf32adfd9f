"""Measures `tpsnet bench` and PyTorch's CPU configurations side by side and prints a table.

    make bench
    Scripts/bench --rounds 5 --presets tpsnet,model-1 --precisions bf16

Programs take turns in rounds, so that a slow moment of the machine meets all of them; the median over all rounds
counts, and a ratio compares with PyTorch's fastest configuration of the same precision. The table and the raw
numbers are written to Benchmarks/results/.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LAYOUTS = ("NCHW", "channels_last")


def run(command: list[str]) -> dict[str, Any]:
    """The JSON document that `command` prints."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    document: dict[str, Any] = json.loads(output)
    return document


def measure(program: str, preset: str, precision: str, options: argparse.Namespace) -> dict[str, Any]:
    """One turn of one program: milliseconds a step and peak memory."""
    common = ["--preset", preset, "--batch-size", str(options.batch_size), "--threads", str(options.threads)]
    common += ["--steps", str(options.steps), "--mode", options.mode]
    if program == "tpsnet":
        return run([".build/release/tpsnet", "bench", "--json", "--precision", precision, *common])
    document = run([sys.executable, "Benchmarks/pytorch.py", *common, "--configuration", f"{program},{precision}"])
    return {**document["results"][0], "torch": document["torch"]}


def summarize(turns: list[dict[str, Any]]) -> dict[str, float]:
    """The median over the rounds, their extremes, and the largest memory."""
    milliseconds = [turn["millisecondsPerStep"] for turn in turns]
    return {
        "milliseconds": statistics.median(milliseconds),
        "lowest": min(milliseconds),
        "highest": max(milliseconds),
        "memory": max(turn["peakMemoryBytes"] for turn in turns) / 2**20,
    }


def table(results: dict[str, dict[str, dict[str, float]]], batch_size: int) -> str:
    """Markdown: a row a program, ratios to PyTorch's fastest."""
    lines = [
        "| network, precision | program | ms a step: median (lowest–highest) | images/s | peak MiB | tpsnet is faster by |",
        "|---|---|---|---|---|---|",
    ]
    for case, programs in results.items():
        fastest = min(value["milliseconds"] for name, value in programs.items() if name != "tpsnet")
        for name, value in programs.items():
            ratio = f"**{fastest / value['milliseconds']:.2f}×**" if name == "tpsnet" else ""
            label = name if name == "tpsnet" else f"PyTorch {name.replace(',', ' ')}"
            spread = f"{value['milliseconds']:.0f} ({value['lowest']:.0f}–{value['highest']:.0f})"
            speed = batch_size / value["milliseconds"] * 1e3
            lines.append(f"| {case} | {label} | {spread} | {speed:.1f} | {value['memory']:.0f} | {ratio} |")
    return "\n".join(lines)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", default="tpsnet")
    parser.add_argument("--precisions", default="bf16,fp32")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--steps", type=int, default=4, help="timed steps of a turn, after two of warm-up")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument("--compile", action="store_true", help="also measure torch.compile")
    parser.add_argument("--name", default="training", help="name of the files in Benchmarks/results")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    executions = ("eager", "compiled") if options.compile else ("eager",)
    programs = ["tpsnet", *(f"{execution},{layout}" for execution in executions for layout in LAYOUTS)]
    turns: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for turn in range(options.rounds):
        for preset in options.presets.split(","):
            for precision in options.precisions.split(","):
                for program in programs:
                    result = measure(program, preset, precision, options)
                    turns.setdefault(f"{preset} {precision}", {}).setdefault(program, []).append(result)
                    print(f"round {turn + 1}: {preset} {precision} {program}: "
                          f"{result['millisecondsPerStep']:.1f} ms", file=sys.stderr)
    results = {case: {name: summarize(value) for name, value in found.items()} for case, found in turns.items()}
    ours = next(iter(turns.values()))["tpsnet"][0]
    torch = next(iter(turns.values()))["eager,NCHW"][0]["torch"]
    note = (
        f"{options.mode}, batch {options.batch_size}, {options.threads} threads, {options.rounds} rounds of "
        f"{options.steps} steps, taking turns; {ours['cpu']}; oneDNN {ours['versions']['oneDNN']}; PyTorch {torch}; "
        f"{datetime.date.today()}"
    )
    text = f"{note}\n\n{table(results, options.batch_size)}\n"
    print(text)
    folder = ROOT / "Benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{options.name}.md").write_text(text)
    (folder / f"{options.name}.json").write_text(json.dumps({"note": note, "turns": turns}, indent=1) + "\n")


if __name__ == "__main__":
    main()
