"""Measures PyTorch's training step or inference on this machine's CPU, as the peer of `tpsnet bench`.

    python Benchmarks/pytorch.py --preset tpsnet --threads 2 --steps 10
    python Benchmarks/pytorch.py --config model.json --only bf16,channels_last --mode infer
    python Benchmarks/pytorch.py --preset model-1 --configuration eager,channels_last,fp32

A training step is forward, cross-entropy, backward and SGD (momentum 0.9, weight decay 5e-4) on synthetic images.
Configurations are {eager, compiled} x {NCHW, channels_last} x {fp32, bf16}; compiled ones need --compile. Each runs in
a process of its own, so that its peak memory is its own; `--configuration` runs exactly one, to be interleaved with
other programs. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

sys.path.append(str(Path(__file__).resolve().parents[1] / "Scripts" / "pytorch"))

from model import PRESETS, Description, ResidualNet, parameter_count  # noqa: E402

WARM_UP = 2
EXECUTIONS, LAYOUTS, PRECISIONS = ("eager", "compiled"), ("NCHW", "channels_last"), ("fp32", "bf16")


def configurations(compiled: bool, only: list[str]) -> list[str]:
    """The names of the configurations that have every word of `only`."""
    names = [
        f"{execution},{layout},{precision}"
        for execution in EXECUTIONS
        if compiled or execution == "eager"
        for layout in LAYOUTS
        for precision in PRECISIONS
    ]
    return [name for name in names if set(only) <= set(name.split(","))]


def make_step(name: str, description: Description, batch_size: int, mode: str) -> Callable[[], None]:
    """What is timed: one training step, or one batch of inference."""
    execution, layout, precision = name.split(",")
    torch.manual_seed(0)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    module = ResidualNet(description).to(memory_format=memory_format)
    images = torch.randn(batch_size, 3, 32, 32).to(memory_format=memory_format)
    labels = torch.randint(description.get("classes", 10), (batch_size,))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    module.train(mode == "train")
    network = torch.compile(module) if execution == "compiled" else module

    def train() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()

    @torch.inference_mode()
    def infer() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            network(images)

    return train if mode == "train" else infer


def peak_memory() -> int:
    """The peak RSS of this program alone: getrusage's would include what its parent had before exec."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) * 1024


def measure(name: str, description: Description, options: argparse.Namespace) -> dict[str, Any]:
    """Runs one configuration in this process."""
    torch.set_num_threads(options.threads)
    step = make_step(name, description, options.batch_size, options.mode)
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
        "millisecondsPerStep": round(median * 1e3, 3),
        "fastestMillisecondsPerStep": round(min(seconds) * 1e3, 3),
        "imagesPerSecond": round(options.batch_size / median, 2),
        "peakMemoryBytes": peak_memory(),
    }


def measure_apart(name: str) -> dict[str, Any]:
    """Runs one configuration in a process of its own, with this process's other options."""
    command = [sys.executable, __file__, *sys.argv[1:], "--configuration", name]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result: dict[str, Any] = json.loads(output)["results"][0]
    return result


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    network = parser.add_mutually_exclusive_group()
    network.add_argument("--preset", choices=sorted(PRESETS), default="tpsnet")
    network.add_argument("--config", type=Path, help="JSON file: a model's description, alone or under `model`")
    parser.add_argument("--batch-size", type=positive, default=128)
    parser.add_argument("--threads", type=positive, default=torch.get_num_threads())
    parser.add_argument("--steps", type=positive, default=10, help=f"timed steps, after {WARM_UP} of warm-up")
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument("--compile", action="store_true", help="also measure torch.compile")
    parser.add_argument("--only", default="", help="words that a configuration must have, such as bf16,channels_last")
    parser.add_argument(
        "--configuration",
        metavar="NAME",
        choices=configurations(True, []),
        help="run exactly this one, in this process, such as eager,channels_last,bf16",
    )
    options = parser.parse_args()
    options.only = [word for word in options.only.split(",") if word]
    unknown = set(options.only) - {*EXECUTIONS, *LAYOUTS, *PRECISIONS}
    if unknown:
        parser.error(f"--only: unknown {', '.join(sorted(unknown))}")
    if not options.configuration and not configurations(options.compile, options.only):
        parser.error("--only leaves no configuration; compiled ones need --compile")
    return options


def main() -> None:
    options = parse_options()
    if options.config:
        content = json.loads(options.config.read_text())
        description = content.get("model", content)
    else:
        description = PRESETS[options.preset][0]
    if options.configuration:
        results = [measure(options.configuration, description, options)]
    else:
        results = [measure_apart(name) for name in configurations(options.compile, options.only)]
    document = {
        "torch": torch.__version__,
        "mode": options.mode,
        "parameters": parameter_count(ResidualNet(description)),
        "batchSize": options.batch_size,
        "threads": options.threads,
        "steps": options.steps,
        "results": results,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
