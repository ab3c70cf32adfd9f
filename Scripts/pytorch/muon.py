"""Writes Tests/Fixtures/muon.safetensors: filters of a few shapes after steps of Muon.

How to run it (needs torch ≥ 2.9, numpy and safetensors):

    python Scripts/pytorch/muon.py

For each shape there are `<shape>/start`, `<shape>/gradients` (of each step) and the filters after the steps:

    <shape>/torch     by torch.optim.Muon, which multiplies in bfloat16: near, not equal
    <shape>/exact     the same in float64
    <shape>/airbench  in float64 with airbench94_muon's settings: three steps of the iteration, momentum 0.6, filters
                      scaled to a norm of the square root of their number, no decay

PyTorch multiplies the learning rate by max(1, rows / columns) ** 0.5. We do not, so that is divided out.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from fixtures import unit, write

FIXTURE = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "muon.safetensors"
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 3
LEARNING_RATE = 0.05
WEIGHT_DECAY = 0.1
# Filters of the test's network: outputs, inputs, kernel.
SHAPES = [(6, 3, 3), (24, 6, 1), (10, 24, 3), (10, 10, 1)]


def orthogonal(matrix: Tensor, steps: int) -> Tensor:
    """The quintic Newton–Schulz iteration as it is published."""
    a, b, c = COEFFICIENTS
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm()
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def by_definition(
    start: Tensor, gradients: Tensor, steps: int, momentum: float, decay: float, keeps_norm: bool
) -> Tensor:
    value, velocity = start.double(), torch.zeros_like(start, dtype=torch.float64)
    for gradient in gradients.double():
        velocity = momentum * velocity + gradient
        value = value * (1 - LEARNING_RATE * decay)
        if keeps_norm:
            value = value * len(value) ** 0.5 / value.norm()
        value = value - LEARNING_RATE * orthogonal(gradient + momentum * velocity, steps)
    return value


def by_torch(start: Tensor, gradients: Tensor) -> Tensor:
    factor = max(1.0, start.shape[0] / start.shape[1]) ** 0.5
    parameter = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Muon(
        [parameter], LEARNING_RATE / factor, WEIGHT_DECAY * factor, momentum=0.95, nesterov=True, ns_steps=5
    )
    for gradient in gradients:
        parameter.grad = gradient
        optimizer.step()
    return parameter.detach()


def main() -> None:
    torch.set_num_threads(1)
    tensors = {}
    for number, (outputs, inputs, kernel) in enumerate(SHAPES):
        shape = torch.Size([outputs, inputs, kernel, kernel])
        start = torch.from_numpy(unit(5, number, shape) - 0.5).flatten(1)
        gradients = torch.from_numpy(unit(6, number, torch.Size([STEPS, *shape])) - 0.5).flatten(2)
        exact = by_definition(start, gradients, 5, 0.95, WEIGHT_DECAY, keeps_norm=False)
        torchs = by_torch(start, gradients)
        error = (torchs - exact).norm() / (exact - start).norm()
        print(f"{tuple(shape)}: torch.optim.Muon differs by {error:.2%} of the change")
        assert error < 0.02
        name = "x".join(str(extent) for extent in shape)
        tensors[f"{name}/start"] = start
        tensors[f"{name}/gradients"] = gradients
        tensors[f"{name}/torch"] = torchs
        tensors[f"{name}/exact"] = exact.float()
        tensors[f"{name}/airbench"] = by_definition(start, gradients, 3, 0.6, 0, keeps_norm=True).float()
    write(FIXTURE, tensors, {"torch": torch.__version__})


if __name__ == "__main__":
    main()
