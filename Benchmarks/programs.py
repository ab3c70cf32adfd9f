"""Runs one turn of one program, in a process of its own, and says what it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TypedDict

from works import Work

ROOT = Path(__file__).resolve().parents[1]
TPSNET = str(ROOT / ".build" / "release" / "tpsnet")


class Turn(TypedDict):
    """What a turn found: milliseconds a step or until the first step, or a share; peak memory in bytes."""

    value: float
    memory: int


class Runner:
    """Runs programs, and knows the processor and the versions of those that have run."""

    def __init__(self, threads: int, steps: int | None, scratch: Path) -> None:
        self.threads = threads
        self.steps = steps
        self.scratch = scratch
        # The smallest step there is says what the program was built with.
        probe = ["--batch-size", "1", "--steps", "1", "--threads", str(threads), "--mode", "infer"]
        document = self.run([TPSNET, "bench", "--json", *probe])
        self.cpu: str = document["cpu"]
        self.versions: dict[str, str] = document["versions"]
        self.has_bf16 = "bf16" in self.cpu or "AMX" in self.cpu

    def steps_of(self, work: Work) -> int:
        """The timed steps of a turn."""
        return self.steps or work.steps

    def turn(self, work: Work, program: str) -> Turn:
        if work.mode == "start":
            return self.start(work)
        common = [*work.network.arguments, "--batch-size", str(work.batch_size), "--threads", str(self.threads)]
        common += ["--steps", str(self.steps_of(work))]
        if program == "tpsnet":
            return self.ours(work, common)
        if program == "onnxruntime":
            model = self.scratch / f"{work.name}.onnx"
            document = self.run([sys.executable, "Benchmarks/onnx_runtime.py", *common, "--model", str(model)])
            self.versions["ONNX Runtime"] = document["onnxruntime"]
        else:
            names = ["--mode", work.mode, "--configuration", f"{program},{work.precision}"]
            document = self.run([sys.executable, "Benchmarks/pytorch.py", *common, *names])
            self.versions["PyTorch"] = document["torch"]
        result = document["results"][0]
        return Turn(value=result["millisecondsPerStep"], memory=result["peakMemoryBytes"])

    def ours(self, work: Work, common: list[str]) -> Turn:
        mode = ["--profile"] if work.mode == "share" else ["--mode", work.mode]
        document = self.run([TPSNET, "bench", "--json", "--precision", work.precision, *mode, *common])
        memory: int = document["peakMemoryBytes"]
        if work.mode == "share":
            return Turn(value=document["profile"]["shareNotInConvolutions"], memory=memory)
        return Turn(value=document["millisecondsPerStep"], memory=memory)

    def start(self, work: Work) -> Turn:
        """From the start of `tpsnet train` to the line that it writes right before its first step, the second time:
        files are cached then. The images are random ones, in the files and the number of CIFAR-10's."""
        data = random_images(self.scratch)
        seconds = 0.0
        for _ in range(2):
            with tempfile.TemporaryDirectory(dir=self.scratch) as runs:
                command = [TPSNET, "train", *work.network.arguments, "--precision", work.precision]
                command += ["--threads", str(self.threads), "--data", str(data), "--runs", runs]
                begin = time.perf_counter()
                process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
                assert process.stderr is not None
                lines = []
                for line in process.stderr:
                    lines.append(line)
                    if "training images" in line:
                        seconds = time.perf_counter() - begin
                        process.send_signal(signal.SIGINT)
                if process.wait() != 130:
                    raise RuntimeError(f"{' '.join(command)}: {''.join(lines)}")
        return Turn(value=seconds * 1e3, memory=0)

    def run(self, command: list[str]) -> dict[str, Any]:
        """The JSON document that `command` prints."""
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
        document: dict[str, Any] = json.loads(output)
        return document


def random_images(folder: Path) -> Path:
    """A data directory in CIFAR-10's binary layout, made where it is not there yet."""
    batches = folder / "cifar-10-batches-bin"
    if not batches.exists():
        batches.mkdir()
        for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
            images = (bytes([image % 10]) + os.urandom(3072) for image in range(10_000))
            (batches / f"{name}.bin").write_bytes(b"".join(images))
    return folder
