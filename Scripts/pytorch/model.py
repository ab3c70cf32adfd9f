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


def normalization(channels: int, settings: Description) -> nn.BatchNorm2d:
    """The description's `batchNorm`: constants, and whether the scale is trained."""
    norm = nn.BatchNorm2d(channels, settings.get("epsilon", 1e-5), settings.get("momentum", 0.1))
    norm.weight.requires_grad_(settings.get("trainsScale", True))
    return norm


class SqueezeExcitation(nn.Module):
    """Each channel times a share that two layers make of the channels' means (Hu et al. 2018)."""

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        hidden = max(1, channels // factor)
        self.fc1, self.relu, self.fc2 = nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        shares = self.fc2(self.relu(self.fc1(x.mean((2, 3))))).sigmoid()
        return x * shares[:, :, None, None]


class ConvPool(nn.Module):
    """Convolution, maximum pool, BN, activation: the entry of a layer whose blocks keep its shape."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, activation: str, norm: Description
    ) -> None:
        super().__init__()
        self.conv = convolution(inputs, outputs, kernel, 1)
        self.pool = nn.MaxPool2d(stride)
        self.bn = normalization(outputs, norm)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.bn(self.pool(self.conv(x))))


class BasicBlock(nn.Module):
    """Convolution, BN, activation, dropout, convolution, BN, then activation of the sum with the shortcut."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        skip_kernel: int,
        stride: int,
        dropout: float,
        activation: str,
        norm: Description,
        squeeze: int = 0,
    ) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[activation]()
        self.conv1 = convolution(inputs, outputs, kernel, stride)
        self.bn1 = normalization(outputs, norm)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = convolution(outputs, outputs, kernel, 1)
        self.bn2 = normalization(outputs, norm)
        self.se = SqueezeExcitation(outputs, squeeze) if squeeze else nn.Identity()
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                convolution(inputs, outputs, skip_kernel, stride), normalization(outputs, norm)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = self.dropout(self.activation(self.bn1(self.conv1(x))))
        return self.activation(self.se(self.bn2(self.conv2(inner))) + self.shortcut(x))


class PreActivationBlock(nn.Module):
    """BN, activation, convolution, BN, activation, dropout, convolution, then the sum with the shortcut."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        skip_kernel: int,
        stride: int,
        dropout: float,
        activation: str,
        norm: Description,
        squeeze: int = 0,
    ) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[activation]()
        self.bn1 = normalization(inputs, norm)
        self.projects = stride != 1 or inputs != outputs
        self.shortcut = nn.Sequential()
        if self.projects:
            self.shortcut = nn.Sequential(convolution(inputs, outputs, skip_kernel, stride))
        self.conv1 = convolution(inputs, outputs, kernel, stride)
        self.bn2 = normalization(outputs, norm)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = convolution(outputs, outputs, kernel, 1)
        self.se = SqueezeExcitation(outputs, squeeze) if squeeze else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        inner = self.activation(self.bn1(x))
        shortcut = self.shortcut(inner) if self.projects else x
        return self.se(self.conv2(self.dropout(self.activation(self.bn2(self.conv1(inner)))))) + shortcut


class ResidualNet(nn.Module):
    """The network of a description."""

    def __init__(self, description: Description) -> None:
        super().__init__()
        images = {"channels": 3, "height": 32, "width": 32} | description.get("input", {})
        sides = [images["height"], images["width"]]
        activation = description.get("activation", "relu")
        norm = description.get("batchNorm", {})
        stem = description["stem"]
        channels, kernel, whitens = stem["channels"], stem.get("kernel", 3), stem.get("whitening", False)
        self.activation = ACTIVATIONS[activation]()
        padding = "same" if stem.get("padded", True) else "valid"
        self.conv1 = nn.Conv2d(images["channels"], channels, kernel, padding=padding, bias=whitens)
        self.conv1.weight.requires_grad_(not whitens)
        self.pre_activation = description.get("preActivation", False)
        if not whitens and not self.pre_activation:
            self.bn1 = normalization(channels, norm)
        if padding == "valid":
            sides = [side - kernel + 1 for side in sides]
        self.layer_names: list[str] = []
        for number, layer in enumerate(description["layers"], start=1):
            pools = layer.get("entry", "block") == "convPool"
            stride = layer.get("stride", 2 if pools else 1)
            width, kernel = layer["channels"], layer.get("kernel", 3)
            parts: list[nn.Module] = []
            if pools:
                parts.append(ConvPool(channels, width, kernel, stride, activation, norm))
                channels = width
            for index in range(layer["blocks"]):
                parts.append(
                    (PreActivationBlock if self.pre_activation else BasicBlock)(
                        channels,
                        width,
                        kernel,
                        layer.get("skipKernel", 1),
                        stride if index == 0 and not pools else 1,
                        description.get("blockDropout", 0.0),
                        activation,
                        norm,
                        description.get("squeezeExcitation", 0),
                    )
                )
                channels = width
            name = f"layer{number}"
            self.add_module(name, nn.Sequential(*parts))
            self.layer_names.append(name)
            sides = [side // stride if pools else (side - 1) // stride + 1 for side in sides]
        if self.pre_activation:
            self.bn = normalization(channels, norm)
        pool = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}[description.get("pooling", "average")]
        self.pool = pool(description["pool"], stride=1)
        self.dropout = nn.Dropout(description.get("dropout", 0.0))
        height, width = (side - description["pool"] + 1 for side in sides)
        self.linear = nn.Linear(
            channels * height * width, description.get("classes", 10), description.get("classifierBias", True)
        )
        self.logit_scale = description.get("logitScale", 1.0)
        if description.get("initialization", "uniform") == "dirac":
            self.pass_channels()

    def pass_channels(self) -> None:
        """Makes the first filters of each layer's own convolutions pass one input channel each."""
        for name, module in self.named_modules():
            if name.startswith("layer") and "shortcut" not in name and isinstance(module, nn.Conv2d):
                nn.init.dirac_(module.weight.data[: module.in_channels])

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.bn1(x) if hasattr(self, "bn1") else x
        x = self.activation(x) if hasattr(self, "bn1") or self.conv1.bias is not None else x
        for name in self.layer_names:
            x = self.get_submodule(name)(x)
        x = self.activation(self.bn(x)) if self.pre_activation else x
        return self.linear(self.dropout(self.pool(x).flatten(1))) * self.logit_scale


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
