"""Measures PyTorch's training step or inference on this machine's CPU, as the peer of `tpsnet bench`.

    python Benchmarks/pytorch.py --preset tpsnet --threads 2 --steps 10
    python Benchmarks/pytorch.py --config model.yaml --only bf16,channels_last --mode infer
    python Benchmarks/pytorch.py --preset model-1 --configuration eager,channels_last,fp32

A training step is forward, cross-entropy, backward and SGD (momentum 0.9, weight decay 5e-4) on synthetic images, bf16
by autocast. Inference has batch normalisations folded into convolutions, bf16 by weights and images in bf16; `frozen`
is TorchScript's `optimize_for_inference`. Configurations are {eager, frozen (inference), compiled} x {NCHW,
channels_last} x {fp32, bf16}; compiled ones need --compile. Each runs in a process of its own, so that its peak memory
is its own; `--configuration` runs exactly one, to be interleaved with other programs. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import torch
from peers import add_options, description_of, measure
from torch import nn
from torch.fx.experimental.optimization import fuse
from torch.nn import functional

from model import Description, ResidualNet, parameter_count  # `peers` has shown the way to it

LAYOUTS, PRECISIONS = ("NCHW", "channels_last"), ("fp32", "bf16")


def configurations(mode: str, compiled: bool, only: list[str]) -> list[str]:
    """The names of the configurations that have every word of `only`."""
    executions = ["eager"] + (["frozen"] if mode == "infer" else []) + (["compiled"] if compiled else [])
    names = [
        f"{execution},{layout},{precision}"
        for execution in executions
        for layout in LAYOUTS
        for precision in PRECISIONS
    ]
    return [name for name in names if set(only) <= set(name.split(","))]


def make_training(name: str, description: Description, batch_size: int) -> Callable[[], None]:
    """One training step."""
    execution, layout, precision = name.split(",")
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    module = ResidualNet(description).to(memory_format=memory_format).train()
    images = torch.randn(batch_size, 3, 32, 32).to(memory_format=memory_format)
    labels = torch.randint(description.get("classes", 10), (batch_size,))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    network = torch.compile(module) if execution == "compiled" else module

    def train() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()

    return train


def make_inference(name: str, description: Description, batch_size: int) -> Callable[[], None]:
    """One pass over a batch."""
    execution, layout, precision = name.split(",")
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    images = torch.randn(batch_size, 3, 32, 32).to(kind).to(memory_format=memory_format)
    network: Callable[[torch.Tensor], Any] = prepare(execution, ResidualNet(description), images, memory_format)

    @torch.inference_mode()
    def infer() -> None:
        network(images)

    return infer


def prepare(
    execution: str, module: nn.Module, images: torch.Tensor, memory_format: torch.memory_format
) -> Callable[[torch.Tensor], Any]:
    """The module as it is run: batch normalisations folded, in the format and layout of the images."""
    folded = fuse(module.eval()).to(images.dtype).to(memory_format=memory_format).requires_grad_(False)
    if execution == "compiled":
        compiled: Callable[[torch.Tensor], Any] = torch.compile(folded)
        return compiled
    if execution == "frozen":
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore", FutureWarning)  # TorchScript is deprecated, and fast
            return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(folded, images)))
    return folded


def measure_here(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Runs one configuration in this process."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    make_step = make_training if options.mode == "train" else make_inference
    return measure(name, make_step(name, description_of(options), options.batch_size), options)


def measure_apart(name: str) -> dict[str, Any]:
    """Runs one configuration in a process of its own, with this process's other options."""
    command = [sys.executable, __file__, *sys.argv[1:], "--configuration", name]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result: dict[str, Any] = json.loads(output)["results"][0]
    return result


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add_options(parser, torch.get_num_threads())
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument("--compile", action="store_true", help="also measure torch.compile")
    parser.add_argument("--only", default="", help="words that a configuration must have, such as bf16,channels_last")
    parser.add_argument(
        "--configuration",
        metavar="NAME",
        help="run exactly this one, in this process, such as eager,channels_last,bf16",
    )
    options = parser.parse_args()
    options.only = [word for word in options.only.split(",") if word]
    if not configurations(options.mode, options.compile, options.only):
        parser.error("--only leaves no configuration; frozen ones need --mode infer, compiled ones --compile")
    known = configurations(options.mode, True, [])
    if options.configuration and options.configuration not in known:
        parser.error(f"--configuration: there are {' '.join(known)}")
    return options


def main() -> None:
    options = parse_options()
    if options.configuration:
        results = [measure_here(options.configuration, options)]
    else:
        results = [measure_apart(name) for name in configurations(options.mode, options.compile, options.only)]
    document = {
        "torch": torch.__version__,
        "mode": options.mode,
        "parameters": parameter_count(ResidualNet(description_of(options))),
        "batchSize": options.batch_size,
        "threads": options.threads,
        "steps": options.steps,
        "results": results,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
