"""Measures how tpsnet's speed falls as a network or a batch grows, against the straight line of constant GFLOP/s.

    Scripts/bench --scaling
    Scripts/bench --scaling --steps 1 --modes infer

The network is ResNet-20's kind: a stem of `width` channels and three residual layers of `depth` blocks with 1, 2 and 4
times the width, at 32, 16 and 8 pixels. One of width, depth and batch grows, the others stay at 16, 3 and 128. The
line is images/s at the highest GFLOP/s of the mode's points: a point below it pays for something that is no work.
Writes Benchmarks/results/scaling.{md,json}.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

ROOT = Path(__file__).resolve().parents[1]
BASE = {"width": 16, "depth": 3, "batch": 128}
SWEEPS = {
    "width": (8, 16, 32, 64, 128),
    "depth": (2, 4, 8, 15, 30),
    "batch": (1, 4, 16, 64, 256, 1024),
}


class Point(TypedDict):
    """A network, a batch and their speed."""

    mode: str
    grows: str
    value: int
    parameters: int
    milliseconds: float
    images: float
    gflops: float


def measure(mode: str, grows: str, value: int, options: argparse.Namespace) -> tuple[Point, dict[str, Any]]:
    """One point, and all that the program said of it."""
    size = {**BASE, grows: value}
    layers = ", ".join(
        f"{{blocks: {size['depth']}, channels: {size['width'] * factor}, stride: {min(factor, 2)}}}"
        for factor in (1, 2, 4)
    )
    command = [".build/release/tpsnet", "bench", "--json", "--mode", mode, "--batch-size", str(size["batch"])]
    # The study's family, whatever the default preset is.
    command += ["--preset", "tpsnet", "--set", f"model.stem.channels={size['width']}", "--set", f"model.layers=[{layers}]"]
    command += ["--set", "model.pool=8", "--threads", str(options.threads), "--precision", options.precision]
    command += ["--steps", str(options.steps)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    found = json.loads(output)
    point = Point(
        mode=mode,
        grows=grows,
        value=value,
        parameters=found["parameters"],
        milliseconds=found["millisecondsPerStep"],
        images=found["imagesPerSecond"],
        gflops=found["gflops"],
    )
    return point, found


def table(points: list[Point], note: str) -> str:
    """Markdown: a table a mode."""
    parts = [note]
    for mode in dict.fromkeys(point["mode"] for point in points):
        rows = [point for point in points if point["mode"] == mode]
        best = max(point["gflops"] for point in rows)
        lines = [
            f"## {mode}: the line is {best:.0f} GFLOP/s",
            "",
            "| grows | parameters | ms a step | images/s | GFLOP/s | images/s on the line | share of it |",
            "|---|---|---|---|---|---|---|",
        ]
        for point in rows:
            lines.append(
                f"| {point['grows']} {point['value']} | {point['parameters']:,} | {point['milliseconds']:.2f} | "
                f"{point['images']:.1f} | {point['gflops']:.0f} | {point['images'] * best / point['gflops']:.1f} | "
                f"{point['gflops'] / best:.0%} |"
            )
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modes", default="train,infer", help="train, infer or both")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--steps", type=int, default=5, help="timed steps of a point, after two of warm-up")
    parser.add_argument("--output", type=Path, default=ROOT / "Benchmarks" / "results")
    options = parser.parse_args()
    options.modes = options.modes.split(",")
    if not set(options.modes) <= {"train", "infer"}:
        parser.error("--modes: use train, infer or train,infer")
    return options


def main() -> None:
    options = parse_options()
    points: list[Point] = []
    found: dict[str, Any] = {}
    for mode in options.modes:
        for grows, values in SWEEPS.items():
            for value in values:
                point, found = measure(mode, grows, value, options)
                points.append(point)
                print(f"{mode} {grows} {value}: {point['images']:.1f} images/s", file=sys.stderr)
    base = ", ".join(f"{name} {value}" for name, value in BASE.items())
    note = (
        f"{found['cpu']}, {found['threads']} threads, {found['precision']}; oneDNN {found['versions']['oneDNN']}; "
        f"median of {options.steps} steps; otherwise {base}; {datetime.date.today()}"
    )
    text = table(points, note)
    print(text, end="")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "scaling.md").write_text(text)
    (options.output / "scaling.json").write_text(json.dumps({"note": note, "points": points}, indent=1) + "\n")


if __name__ == "__main__":
    main()
