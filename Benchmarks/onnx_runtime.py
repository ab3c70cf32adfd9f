"""Measures ONNX Runtime's inference on this machine's CPU, as a peer of `tpsnet bench --mode infer`.

    python Benchmarks/onnx_runtime.py --preset tpsnet --batch-size 128 --threads 2

The network is exported from its PyTorch twin; ONNX Runtime itself folds batch normalisations into convolutions. fp32
alone: its CPU provider has no bf16 convolution. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy
import onnxruntime
from peers import add_options, description_of, measure


def export(options: argparse.Namespace) -> None:
    """Writes the network in inference mode, for batches of one size."""
    import torch  # here alone: a process that finds the file does without
    from model import ResidualNet

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of what we do not use
    module = ResidualNet(description_of(options)).eval()
    images = torch.zeros(options.batch_size, 3, 32, 32)
    # The exporter reports on standard output, which is the JSON document's.
    with contextlib.redirect_stdout(sys.stderr):
        torch.onnx.export(module, (images,), options.model, dynamo=True, external_data=False, verbose=False)


def make_step(options: argparse.Namespace) -> Callable[[], None]:
    """One pass over a batch."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    random = numpy.random.default_rng(0)
    images = random.standard_normal((options.batch_size, 3, 32, 32), dtype=numpy.float32)
    feed = {session.get_inputs()[0].name: images}

    def infer() -> None:
        session.run(None, feed)

    return infer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add_options(parser, os.cpu_count() or 1)
    parser.add_argument("--model", type=Path, help="where the exported network is, or is put for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.model = options.model or Path(folder) / "network.onnx"
        if not options.model.exists():
            export(options)
        result = measure("onnxruntime,fp32", make_step(options), options)
    document = {
        "onnxruntime": onnxruntime.__version__,
        "mode": "infer",
        "batchSize": options.batch_size,
        "threads": options.threads,
        "steps": options.steps,
        "results": [result],
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
