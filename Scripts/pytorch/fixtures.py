"""Writes Tests/Fixtures: what PyTorch computes for small networks, to be reproduced by tpsnet's backends.

How to run it (about a minute; needs torch, numpy and safetensors):

    python Scripts/pytorch/fixtures.py

Initial weights and images are not stored, as both sides derive them from tpsnet's counter-based generator. All is
computed in float64 from those float32 values and rounded to float32 at the end, so a fixture is the exact answer.

Each parity/*.safetensors has the metadata `model` (JSON), `seed` (of the weights), `imageSeed` and `torch`, and:

    logits.train, loss, loss.smoothed   training-mode logits, their cross-entropy, and that with smoothing 0.1
    gradient/<name>                     the gradient of `loss` for each parameter
    after/<name>                        running mean and variance after that one forward pass
    logits.eval                         evaluation-mode logits of the initial state
    losses                              before each of ten steps of SGD (momentum, weight decay, cosine annealing)
    losses.nesterov                     the same with Nesterov momentum, and no decay of BN and biases
    logits.final                        evaluation-mode logits after the ten steps of `losses`

safetensors/python.safetensors is a file of every kind of tensor, for the reader.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from model import Description, ResidualNet

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"
BATCH = 8
STEPS = 10
LEARNING_RATE = 0.05
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
MARGIN = 5e-6
GAMMA = 0x9E37_79B9_7F4A_7C15


def layer(
    channels: int, blocks: int = 1, kernel: int = 3, skip_kernel: int = 1, stride: int = 1
) -> dict[str, int]:
    return {
        "blocks": blocks,
        "channels": channels,
        "kernel": kernel,
        "skipKernel": skip_kernel,
        "stride": stride,
    }


def network(
    stem: int | dict[str, Any],
    layers: list[dict[str, Any]],
    pool: int,
    stem_kernel: int = 3,
    classes: int = 10,
    **others: Any,
) -> Description:
    return {
        "stem": stem if isinstance(stem, dict) else {"channels": stem, "kernel": stem_kernel},
        "layers": layers,
        "pool": pool,
        "blockDropout": 0.0,
        "dropout": 0.0,
        "classes": classes,
    } | others


def pooled(channels: int, blocks: int = 1) -> dict[str, Any]:
    return {"blocks": blocks, "channels": channels, "entry": "convPool"}


# Each network with ReLUs or maxima has a number, which seeds its weights and images. It was chosen among a hundred because it keeps the
# inputs of all ReLUs away from zero (and maxima from what they are larger than), and float32 PyTorch on the float64 course for ten steps: where an input is
# nearly zero, rounding decides whether its gradient passes, and a right gradient may be several per cent off.
NETWORKS: list[tuple[int, str, Description]] = [
    (70, "tpsnet-shape", network(16, [layer(32), layer(64, stride=2), layer(128, stride=2)], pool=8)),
    (477, "odd-widths", network(34, [layer(34), layer(68, stride=2)], pool=16)),
    (37, "kernels-5-and-1", network(8, [layer(16, kernel=5), layer(32, kernel=1, stride=2)], pool=16)),
    (654, "skip-kernel-3", network(8, [layer(16, skip_kernel=3), layer(32, skip_kernel=3, stride=2)], pool=16)),
    (256, "two-layers-pool-4", network(16, [layer(16, stride=2), layer(32, stride=2)], pool=4, classes=12)),
    (
        194,
        "four-layers-strided",
        network(8, [layer(16, stride=2), layer(16), layer(32, stride=2), layer(32, stride=2)], pool=3),
    ),
    (
        50,
        "three-blocks-stem-5",
        network(8, [layer(8, blocks=3, stride=2), layer(16, blocks=3, stride=2)], pool=8, stem_kernel=5),
    ),
    (1, "gelu", network(8, [layer(8, stride=2), layer(17, stride=2)], pool=8, activation="gelu")),
    (2, "silu", network(8, [layer(17, blocks=2, stride=2), layer(17, stride=2)], pool=4, activation="silu")),
    (
        4,
        "whitened-groups",
        network(
            {"channels": 24, "kernel": 2, "whitening": True, "padded": False},
            [pooled(17), pooled(16)],
            pool=7,
            activation="gelu",
            pooling="max",
            classifierBias=False,
            logitScale=0.25,
            batchNorm={"epsilon": 1e-12, "momentum": 0.4, "trainsScale": False},
        ),
    ),
    (
        5,
        "pre-activation",
        network(
            8,
            [layer(8), layer(17, blocks=2, stride=2), layer(17, stride=2)],
            pool=8,
            preActivation=True,
            activation="silu",
        ),
    ),
    (
        9,
        "squeeze-excitation",
        network(
            8, [layer(8), layer(34, blocks=2, stride=2)], pool=16, activation="silu", squeezeExcitation=4
        ),
    ),
    (
        7,
        "padded-whitening",
        network(
            {"channels": 12, "kernel": 2, "whitening": True},
            [pooled(16), layer(17, stride=2)],
            pool=8,
            activation="silu",
            batchNorm={"epsilon": 1e-3},
        ),
    ),
]


def mix(value: NDArray[numpy.uint64]) -> NDArray[numpy.uint64]:
    value = (value ^ (value >> numpy.uint64(30))) * numpy.uint64(0xBF58_476D_1CE4_E5B9)
    value = (value ^ (value >> numpy.uint64(27))) * numpy.uint64(0x94D0_49BB_1331_11EB)
    return value ^ (value >> numpy.uint64(31))


def draws(seed: int, word: int, count: int) -> NDArray[numpy.uint64]:
    """The first elements of the Swift side's CounterRandom(seed: seed, word)."""
    gamma = numpy.uint64(GAMMA)
    key = mix(numpy.array([seed], numpy.uint64) + gamma)
    key = mix((key ^ numpy.uint64(word)) + gamma)
    return mix(key + numpy.arange(1, count + 1, dtype=numpy.uint64) * gamma)


def unit(seed: int, word: int, shape: torch.Size) -> NDArray[numpy.float32]:
    """Float32 numbers of [0, 1) in the given shape."""
    high = (draws(seed, word, math.prod(shape)) >> numpy.uint64(40)).astype(numpy.float32)
    return (high * numpy.float32(2**-24)).reshape(shape)


def initial_value(name: str, like: Tensor, weight: Tensor, seed: int, word: int) -> Tensor:
    """The start of a parameter or running statistic: float32 arithmetic, multiply then add."""
    signed = numpy.float32(2) * unit(seed, word, like.shape) - numpy.float32(1)
    match name.rsplit(".", 1)[-1], like.dim():
        case "running_mean", _:
            value = numpy.float32(0.25) * signed
        case "running_var", _:
            value = numpy.float32(1) + numpy.float32(0.5) * signed
        case "bias", _ if weight.dim() == 1:
            value = numpy.float32(0.25) * signed
        case "weight", 1:
            value = numpy.float32(1) + numpy.float32(0.25) * signed
        case _:
            value = numpy.float32(1 / math.sqrt(weight[0].numel())) * signed
    assert value.dtype == numpy.float32
    return torch.from_numpy(value).double()


def fresh(description: Description, seed: int) -> ResidualNet:
    """The network in float64, with its initial weights and statistics."""
    module = ResidualNet(description).double()
    state = module.state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    for word, name in enumerate(names):
        # Biases of filters and matrices start like these; those of normalisations have one weight a channel.
        weight = state[name.removesuffix("bias") + "weight"] if name.endswith("bias") else state[name]
        state[name] = initial_value(name, state[name], weight, seed, word)
    module.load_state_dict(state, strict=True)
    return module


def train(module: ResidualNet, images: Tensor, labels: Tensor, nesterov: bool) -> Tensor:
    """The losses before each of ten steps on the same batch."""
    trained = [p for p in module.parameters() if p.requires_grad]
    decayed = [p for p in trained if p.dim() > 1 or not nesterov]
    others = [p for p in trained if p.dim() == 1 and nesterov]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(
        [group for group in groups if group["params"]], LEARNING_RATE, MOMENTUM, nesterov=nesterov
    )
    module.train()
    losses = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 0.5 * LEARNING_RATE * (1 + math.cos(math.pi * step / STEPS))
        optimizer.zero_grad()
        loss = functional.cross_entropy(module(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def evaluate(module: ResidualNet, images: Tensor) -> Tensor:
    module.eval()
    with torch.no_grad():
        return module(images)


def watch_margin(module: ResidualNet, inputs: list[float]) -> None:
    """Appends the smallest magnitude among the inputs of each ReLU that runs, and the smallest lead of a maximum."""

    def lead(pool: nn.MaxPool2d, x: tuple[Tensor]) -> None:
        windows = functional.unfold(x[0].flatten(0, 1).unsqueeze(1), pool.kernel_size, stride=pool.stride)
        best = windows.topk(2, dim=1).values
        inputs.append((best[:, 0] - best[:, 1]).min().item())

    for child in module.modules():
        if isinstance(child, nn.ReLU):
            child.register_forward_pre_hook(lambda _, x: inputs.append(x[0].abs().min().item()))
        if isinstance(child, nn.MaxPool2d):
            child.register_forward_pre_hook(lead)


def answers(description: Description, seed: int, image_seed: int) -> dict[str, Tensor]:
    """All tensors of one fixture, in float64."""
    images = 4 * unit(image_seed, 0, torch.Size([BATCH, 3, 32, 32])) - numpy.float32(2)
    images = torch.from_numpy(images).double()
    labels = (7 * torch.arange(BATCH) + 3) % description["classes"]

    module = fresh(description, seed)
    result = {"logits.eval": evaluate(module, images)}
    margins: list[float] = []
    watch_margin(module, margins)
    module.train()
    logits = module(images)
    margin = min(margins, default=1)
    assert margin >= MARGIN, f"seed {seed}: an input is {margin:.1e} from another branch; choose another number"
    loss = functional.cross_entropy(logits, labels)
    loss.backward()
    result["logits.train"] = logits.detach()
    result["loss"] = loss.detach()
    result["loss.smoothed"] = functional.cross_entropy(logits, labels, label_smoothing=0.1).detach()
    for name, parameter in module.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad
        if parameter.grad is not None:
            result[f"gradient/{name}"] = parameter.grad
    for name, buffer in module.named_buffers():
        if not name.endswith("num_batches_tracked"):
            result[f"after/{name}"] = buffer

    module = fresh(description, seed)
    result["losses"] = train(module, images, labels, nesterov=False)
    result["logits.final"] = evaluate(module, images)
    result["losses.nesterov"] = train(fresh(description, seed), images, labels, nesterov=True)
    return result


def write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Saves tensors, with the metadata sorted: the library leaves it in an order that changes from run to run."""
    data = save(tensors, metadata)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


def write_reader_fixture() -> None:
    """A file with many types, an empty tensor, a scalar, and names that JSON escapes or that are not ASCII."""
    tensors = {
        "floats": torch.tensor([[1.5, -2.25, 3.0], [0.0, -0.0, 2.0**-140]]),
        "half": torch.tensor([1.5, -2.25, 65504.0, 6e-8], dtype=torch.float16),
        "bfloat": torch.tensor([1.5, -2.25, 3e38], dtype=torch.bfloat16),
        "count": torch.tensor(1234567890123, dtype=torch.int64),
        "bytes": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "flags": torch.tensor([True, False, True]),
        "doubles": torch.tensor([0.1], dtype=torch.float64),
        "empty": torch.zeros(0, 3),
        'quote " backslash \\ tab \t': torch.tensor([7], dtype=torch.int32),
        "größe 😀": torch.tensor([-1], dtype=torch.int8),
    }
    metadata = {"format": "pt", "note": 'line\nbreak, "quote", ü'}
    write(FIXTURES / "safetensors" / "python.safetensors", tensors, metadata)


def main() -> None:
    torch.set_num_threads(1)
    for number, name, description in NETWORKS:
        seed, image_seed = 1000 + number, 2000 + number
        tensors = answers(description, seed, image_seed)
        path = FIXTURES / "parity" / f"{name}.safetensors"
        metadata = {
            "model": json.dumps(description),
            "seed": str(seed),
            "imageSeed": str(image_seed),
            "torch": torch.__version__,
        }
        write(path, {key: value.float().contiguous() for key, value in tensors.items()}, metadata)
        losses = ", ".join(f"{loss:.3f}" for loss in tensors["losses"].tolist())
        print(f"{path.name}: {path.stat().st_size:,} bytes, losses {losses}")
    write_reader_fixture()


if __name__ == "__main__":
    main()
