"""Checks that a network says the same in PyTorch, in tpsnet and, exported from there, in ONNX Runtime.

    python Scripts/pytorch/roundtrip.py --data cifar-10-batches-bin/test_batch.bin
    python Scripts/pytorch/roundtrip.py --data … --weights trained.safetensors

Takes the study's three networks with random weights (and running statistics away from their start), or the trained
weights given; saves each as training scripts do ({"net": state_dict of a data-parallel wrapper}), imports it with
`tpsnet import`, evaluates it with `tpsnet test` in fp32, exports it with `tpsnet export` to ONNX, plain and with batch
normalisations folded and preprocessing included (this on `--folded` images), checks that with onnx.checker and runs it.
Prints one line a network and program: the largest difference of the logits from PyTorch's, the number of different
predictions, and how many of the classes are predicted at all. The exit code
is 1 where a difference exceeds 1e-4 of the largest logit or a prediction differs. Needs torch, numpy, safetensors, onnx
and onnxruntime; `--tpsnet` names the program.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file
from torch import nn

from interoperability import RECORD
from model import PRESETS, ResidualNet

TOLERANCE = 1e-4
MEAN = [0.4914, 0.4822, 0.4465]
DEVIATION = [0.2023, 0.1994, 0.2010]
BATCH = 250

Logits = NDArray[numpy.float32]


def read_images(path: Path, count: int) -> NDArray[numpy.uint8]:
    records = numpy.fromfile(path, numpy.uint8).reshape(-1, RECORD)[:count]
    return records[:, 1:].reshape(-1, 3, 32, 32)


def random_network(name: str, seed: int) -> ResidualNet:
    """Weights as PyTorch starts them, with scales, shifts and statistics as training could leave them."""
    torch.manual_seed(seed)
    network = ResidualNet(PRESETS[name][0])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.75, 1.25)
            nn.init.uniform_(module.bias, -0.25, 0.25)
            nn.init.uniform_(module.running_mean, -0.25, 0.25)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


def trained_network(path: Path) -> ResidualNet:
    with safe_open(path, framework="pt") as file:
        network = ResidualNet(json.loads(file.metadata()["model"]))
        network.load_state_dict({name: file.get_tensor(name) for name in file.keys()}, strict=True)
    return network.eval()


def normalize(images: NDArray[numpy.uint8]) -> NDArray[numpy.float32]:
    mean = numpy.array(MEAN, numpy.float32).reshape(1, 3, 1, 1)
    deviation = numpy.array(DEVIATION, numpy.float32).reshape(1, 3, 1, 1)
    return (images.astype(numpy.float32) / numpy.float32(255) - mean) / deviation


def in_pytorch(network: ResidualNet, images: NDArray[numpy.uint8]) -> Logits:
    with torch.no_grad():
        batches = [network(torch.from_numpy(normalize(images[i : i + BATCH]))) for i in range(0, len(images), BATCH)]
    return torch.cat(batches).numpy()


def in_onnx_runtime(path: Path, images: NDArray[numpy.uint8], takes_bytes: bool) -> Logits:
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    batches = [
        session.run(["logits"], {"images": images[i : i + BATCH] if takes_bytes else normalize(images[i : i + BATCH])})[0]
        for i in range(0, len(images), BATCH)
    ]
    return numpy.concatenate(batches)


def run(tpsnet: str, *arguments: object) -> None:
    subprocess.run([tpsnet, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def check(name: str, network: ResidualNet, images: NDArray[numpy.uint8], options: argparse.Namespace) -> bool:
    expected = in_pytorch(network, images)
    scale = float(numpy.abs(expected).max())
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        checkpoint = {"net": nn.DataParallel(network).state_dict(), "acc": 0.0, "epoch": 0}
        torch.save(checkpoint, folder / "checkpoint.pt")
        weights = folder / "weights.safetensors"
        run(options.tpsnet, "import", folder / "checkpoint.pt", weights)
        run(options.tpsnet, "test", "--weights", weights, "--precision", "fp32", "--threads", torch.get_num_threads(),
            "--data", options.data.parent, "--save-logits", folder / "logits.safetensors")
        run(options.tpsnet, "export", "--weights", weights, "--to", "onnx", folder / "plain.onnx")
        run(options.tpsnet, "export", "--weights", weights, "--to", "onnx", folder / "folded.onnx",
            "--fold-batch-norm", "--with-preprocessing", "uint8")
        found = {
            "tpsnet": load_file(folder / "logits.safetensors")["logits"][: len(images)],
            "ONNX Runtime": in_onnx_runtime(folder / "plain.onnx", images, takes_bytes=False),
            "ONNX Runtime, folded, from bytes": in_onnx_runtime(
                folder / "folded.onnx", images[: options.folded], takes_bytes=True),
        }
    good = True
    for program, logits in found.items():
        there = expected[: len(logits)]
        difference = float(numpy.abs(logits - there).max()) / scale
        changed = int((logits.argmax(1) != there.argmax(1)).sum())
        good = good and difference <= TOLERANCE and changed == 0
        print(f"{name}: {program}: {len(logits):,} images, largest difference {difference:.1e} of {scale:.3g}, "
              f"{changed} predictions differ, {len(set(there.argmax(1)))} classes predicted", flush=True)
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="CIFAR-10's test_batch.bin")
    parser.add_argument("--weights", type=Path, action="append", default=[], help="trained weights, in place of random")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--folded", type=int, default=10_000, help="images for the folded network")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tpsnet", default=".build/release/tpsnet")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = read_images(options.data, options.images)
    networks = [(f"{path}", trained_network(path)) for path in options.weights] or [
        (f"{name}, random weights", random_network(name, seed)) for seed, name in enumerate(PRESETS)
    ]
    results = [check(name, network, images, options) for name, network in networks]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
