"""Checks that PyTorch loads weights written by tpsnet, and that both compute the same logits.

    tpsnet test --weights weights.safetensors --save-logits logits.safetensors --precision fp32
    python Scripts/pytorch/interoperability.py weights.safetensors logits.safetensors cifar-10-batches-bin/test_batch.bin

The description and the normalisation come from the metadata `model` and `normalization` of the weights. Prints one
line each for the difference and the two accuracies; the exit code is 1 when the largest difference exceeds 1e-4 of
the largest logit, or when any prediction differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from model import ResidualNet

RECORD = 1 + 3 * 32 * 32
TOLERANCE = 1e-4


def read_weights(path: Path) -> tuple[ResidualNet, dict[str, list[float]]]:
    """The network with its weights, and the normalisation of its images."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
    for key in ("model", "normalization"):
        if key not in metadata:
            sys.exit(f"{path}: lacks the metadata {key!r}; is it a weights file written by tpsnet?")
    network = ResidualNet(json.loads(metadata["model"]))
    network.load_state_dict(load_file(path), strict=True)
    return network.eval(), json.loads(metadata["normalization"])


def read_images(path: Path, count: int) -> tuple[Tensor, Tensor]:
    """The first `count` images of a CIFAR-10 binary file, in 0...1, and their labels."""
    data = numpy.fromfile(path, numpy.uint8)
    if data.size % RECORD or data.size < count * RECORD:
        sys.exit(f"{path}: has {data.size} bytes, not {count} records of {RECORD}")
    records = torch.from_numpy(data.reshape(-1, RECORD)[:count])
    return records[:, 1:].reshape(-1, 3, 32, 32).float() / 255, records[:, 0].long()


def compute_logits(network: ResidualNet, images: Tensor, batch_size: int) -> Tensor:
    with torch.inference_mode():
        return torch.cat([network(batch) for batch in images.split(batch_size)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="safetensors file written by tpsnet")
    parser.add_argument("logits", type=Path, help="what tpsnet test --save-logits wrote for it")
    parser.add_argument("test_batch", type=Path, help="CIFAR-10's test_batch.bin")
    parser.add_argument("--batch-size", type=int, default=250)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    theirs = load_file(options.logits)
    network, normalization = read_weights(options.weights)
    images, labels = read_images(options.test_batch, len(theirs["labels"]))
    if not torch.equal(labels, theirs["labels"]):
        sys.exit(f"{options.logits}: its labels are not those of {options.test_batch} in file order")
    mean, deviation = (torch.tensor(normalization[key]).view(3, 1, 1) for key in ("mean", "standardDeviation"))
    ours = compute_logits(network, (images - mean) / deviation, options.batch_size)

    difference = (ours - theirs["logits"]).abs().max().item()
    relative = difference / ours.abs().max().item()
    differing = int((ours.argmax(1) != theirs["logits"].argmax(1)).sum())
    print(f"largest difference of logits: {difference:.3g} ({relative:.3g} of the largest logit)")
    for name, logits in (("PyTorch", ours), ("tpsnet", theirs["logits"])):
        correct = int((logits.argmax(1) == labels).sum())
        print(f"accuracy of {name}: {correct}/{len(labels)} = {correct / len(labels):.4%}")
    print(f"differing predictions: {differing}")
    # Written so that a NaN fails.
    sys.exit(0 if relative <= TOLERANCE and differing == 0 else 1)


if __name__ == "__main__":
    main()
