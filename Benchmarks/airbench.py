"""Trains airbench94_muon (Jordan 2024), as published, once with PyTorch on this machine's CPU: the time to 94 % beside `sprint`.

    git clone https://github.com/KellerJordan/cifar10-airbench
    python Benchmarks/airbench.py --source cifar10-airbench/airbench94_muon.py --data cifar-10-batches-bin

The published program runs on GPUs only. Its text is changed where it names one, and nowhere else: tensors stay on the CPU
in fp32 (`--bf16`: in bfloat16, for processors that multiply it), the clock is the processor's, nothing is compiled
(`--compile`: as published), the warm-up run is left out and one run is made instead of 200. `--steps` stops after so many.
Needs torch and torchvision.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
import tempfile
from pathlib import Path

import numpy
import torch

RECORD = 3073

CLOCK = """
import time
class Clock:
    def __init__(self, **_): self.now = 0.0
    def record(self): self.now = time.perf_counter()
    def elapsed_time(self, other): return 1e3 * (other.now - self.now)
"""


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        if old not in text:
            raise SystemExit(f"airbench: the source does not hold {old!r}: it is another version")
        text = text.replace(old, new)
    return text


def on_cpu(text: str, options: argparse.Namespace) -> str:
    kind = "bfloat16" if options.bf16 else "float"
    changes = {
        'torch.device("cuda")': 'torch.device("cpu")',
        ".half()": f".{kind}()",
        "G.bfloat16()": f"G.{kind}()",
        ".cuda()": "",
        "torch.cuda.synchronize()": "pass",
        "torch.cuda.Event(": "Clock(",
        'main("warmup", model)': "pass",
        "range(200)": "range(1)",
        "total_train_steps = ceil(8 * len(train_loader))": (
            f"total_train_steps = {options.steps or 'ceil(8 * len(train_loader))'}"),
    }
    if not options.compile:
        changes |= {"@torch.compile\n": "", '    model.compile(mode="max-autotune")\n': ""}
    return replaced(text, changes)


def save_images(data: Path, folder: Path) -> None:
    """CIFAR-10 as the program keeps it."""
    for name, files in {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}.items():
        records = numpy.concatenate([numpy.fromfile(data / file, numpy.uint8).reshape(-1, RECORD) for file in files])
        images = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).copy())
        labels = torch.from_numpy(records[:, 0].astype(numpy.int64))
        torch.save({"images": images, "labels": labels, "classes": list(range(10))}, folder / f"{name}.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="airbench94_muon.py")
    parser.add_argument("--data", type=Path, required=True, help="the folder of CIFAR-10's .bin files")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=0, help="training steps; default: the published 8 epochs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    source = options.source.read_text()
    data = options.data.resolve()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("cifar10").mkdir()
        save_images(data, Path("cifar10"))
        # The program reads its own text, to log it.
        Path("program.py").write_text(CLOCK + on_cpu(source, options))
        sys.argv = ["program.py"]
        runpy.run_path("program.py", run_name="__main__")


if __name__ == "__main__":
    main()
