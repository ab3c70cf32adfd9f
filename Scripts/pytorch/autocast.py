"""How far PyTorch's own bf16 gradients are from the exact ones, on the networks of the parity fixtures.

    python Scripts/pytorch/autocast.py

Prints, for each network, the lowest cosine of a parameter's gradient and that of all gradients as one vector: the
table in Tests/OneDNNBackendTests/BF16ParityTests.swift.
"""

from __future__ import annotations

import numpy
import torch
from torch.nn import functional

from fixtures import BATCH, NETWORKS, Description, fresh, unit


def gradients(description: Description, number: int, bf16: bool) -> list[torch.Tensor]:
    """Every parameter's gradient, flat: of float64, or of float32 under bf16 autocast."""
    precision = torch.float32 if bf16 else torch.float64
    pixels = 4 * unit(2000 + number, 0, torch.Size([BATCH, 3, 32, 32])) - numpy.float32(2)
    images = torch.from_numpy(pixels).to(precision)
    labels = (7 * torch.arange(BATCH) + 3) % description["classes"]
    module = fresh(description, 1000 + number).to(precision).train()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        loss = functional.cross_entropy(module(images), labels)
    loss.backward()
    return [p.grad.double().flatten() for p in module.parameters() if p.grad is not None]


def main() -> None:
    torch.set_num_threads(1)
    for number, name, description in NETWORKS:
        exact, rounded = gradients(description, number, False), gradients(description, number, True)
        lowest = min(functional.cosine_similarity(a, b, dim=0).item() for a, b in zip(exact, rounded))
        whole = functional.cosine_similarity(torch.cat(exact), torch.cat(rounded), dim=0).item()
        print(f"{name}: lowest {lowest:.4f}, whole {whole:.4f}")


if __name__ == "__main__":
    main()
