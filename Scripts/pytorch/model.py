"""The networks of tpsnet in PyTorch, built from the same JSON description and under the same parameter names.

    python model.py                  checks the parameter counts of the study's three networks
    python model.py model.json       prints the network of a description and its parameter count

A description is the `model` part of a tpsnet configuration, as JSON; missing keys take tpsnet's defaults.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from torch import Tensor, nn

Description = dict[str, Any]


def study_description(stem: int, blocks: int) -> Description:
    """A network of the study: three residual layers that double the stem's channels each time."""
    layers = [
        {"blocks": blocks, "channels": stem * factor, "kernel": 3, "skipKernel": 1, "stride": stride}
        for factor, stride in ((2, 1), (4, 2), (8, 2))
    ]
    return {"stem": {"channels": stem, "kernel": 3}, "layers": layers, "pool": 8, "classes": 10}


PRESETS: dict[str, tuple[Description, int]] = {
    "tpsnet": (study_description(16, 13), 4_959_770),
    "model-1": (study_description(34, 3), 4_865_580),
    "model-2": (study_description(22, 7), 4_971_680),
}
"""The study's networks, each with its exact parameter count."""


ACTIVATIONS = {"relu": nn.ReLU, "gelu": lambda: nn.GELU(approximate="tanh"), "silu": nn.SiLU}


def convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)


class BasicBlock(nn.Module):
    """Convolution, BN, activation, dropout, convolution, BN, then activation of the sum with the shortcut."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, skip_kernel: int, stride: int, dropout: float, activation: str
    ) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[activation]()
        self.conv1 = convolution(inputs, outputs, kernel, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = convolution(outputs, outputs, kernel, 1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                convolution(inputs, outputs, skip_kernel, stride), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = self.dropout(self.activation(self.bn1(self.conv1(x))))
        return self.activation(self.bn2(self.conv2(inner)) + self.shortcut(x))


class ResidualNet(nn.Module):
    """The network of a description, for images of 3 channels and `size`² pixels."""

    def __init__(self, description: Description, size: int = 32) -> None:
        super().__init__()
        channels, kernel = description["stem"]["channels"], description["stem"].get("kernel", 3)
        activation = description.get("activation", "relu")
        self.activation = ACTIVATIONS[activation]()
        self.conv1 = convolution(3, channels, kernel, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.layer_names: list[str] = []
        for number, layer in enumerate(description["layers"], start=1):
            stride = layer.get("stride", 1 if number == 1 else 2)
            blocks = []
            for index in range(layer["blocks"]):
                blocks.append(
                    BasicBlock(
                        channels,
                        layer["channels"],
                        layer.get("kernel", 3),
                        layer.get("skipKernel", 1),
                        stride if index == 0 else 1,
                        description.get("blockDropout", 0.0),
                        activation,
                    )
                )
                channels = layer["channels"]
            name = f"layer{number}"
            self.add_module(name, nn.Sequential(*blocks))
            self.layer_names.append(name)
            size = (size - 1) // stride + 1
        self.pool = nn.AvgPool2d(description["pool"], stride=1)
        self.dropout = nn.Dropout(description.get("dropout", 0.0))
        side = size - description["pool"] + 1
        self.linear = nn.Linear(channels * side * side, description.get("classes", 10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.bn1(self.conv1(x)))
        for name in self.layer_names:
            x = self.get_submodule(name)(x)
        return self.linear(self.dropout(self.pool(x).flatten(1)))


def parameter_count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def main() -> None:
    if len(sys.argv) > 1:
        network = ResidualNet(json.loads(Path(sys.argv[1]).read_text()))
        print(network)
        print(f"{parameter_count(network):,} parameters")
        return
    for name, (description, expected) in PRESETS.items():
        found = parameter_count(ResidualNet(description))
        assert found == expected, f"{name}: {found:,} parameters, not {expected:,}"
        print(f"{name}: {found:,} parameters, as published")


if __name__ == "__main__":
    main()
