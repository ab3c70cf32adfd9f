"""What the measuring programs of all peers share: options, the network's description, the clock and the result."""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

sys.path.append(str(Path(__file__).resolve().parents[1] / "Scripts" / "pytorch"))

WARM_UP = 2


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def add_options(parser: argparse.ArgumentParser, threads: int) -> None:
    """The options of `tpsnet bench` that a peer takes too."""
    network = parser.add_mutually_exclusive_group()
    network.add_argument("--preset", default="tpsnet", help="a network of the study")
    network.add_argument("--config", type=Path, help="YAML or JSON file: a model's description, alone or under `model`")
    parser.add_argument("--batch-size", type=positive, default=128)
    parser.add_argument("--threads", type=positive, default=threads)
    parser.add_argument("--steps", type=positive, default=10, help=f"timed steps, after {WARM_UP} of warm-up")


def description_of(options: argparse.Namespace) -> dict[str, Any]:
    """The network that the options name."""
    if options.config:
        content = yaml.safe_load(options.config.read_text())
        description: dict[str, Any] = content.get("model", content)
        return description
    from model import PRESETS  # it imports PyTorch, which not every peer needs for every run

    if options.preset not in PRESETS:
        raise SystemExit(f"--preset {options.preset}: there are {', '.join(PRESETS)}; others come by --config")
    return PRESETS[options.preset][0]


def measure(name: str, step: Callable[[], None], options: argparse.Namespace) -> dict[str, Any]:
    """Times `step` as the configuration called `name`."""
    for _ in range(WARM_UP):
        step()
    seconds = []
    for _ in range(options.steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    return {
        "configuration": name,
        "millisecondsPerStep": round(median * 1e3, 4),
        "fastestMillisecondsPerStep": round(min(seconds) * 1e3, 4),
        "imagesPerSecond": round(options.batch_size / median, 2),
        "peakMemoryBytes": peak_memory(),
    }


def peak_memory() -> int:
    """The peak RSS of this program alone: getrusage's would include what its parent had before exec."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) * 1024
