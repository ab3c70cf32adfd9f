"""Writes Tests/Fixtures/torch: files of PyTorch's that `tpsnet import` has to take, or to refuse.

    python Scripts/pytorch/torch_files.py        (needs torch, numpy and safetensors)

tensors.pt         every type of tensor that is taken, views with strides and offsets, one storage in two tensors, a
                   parameter, an empty tensor and a scalar; tensors.safetensors holds the same values
network.pt         the network `kernels-5-and-1` of fixtures.py as training scripts save it: {"net": …, "acc": …,
                   "epoch": …}, names with the `module.` of a data-parallel wrapper, and an optimizer's state
torchvision.pt     the same under torchvision's names, in half precision
module.pt          a whole module;  scripted.pt  a TorchScript program;  legacy.pt  the format of before 1.6
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from fixtures import FIXTURES, NETWORKS, fresh

FOLDER = FIXTURES / "torch"


def tensors() -> dict[str, Tensor]:
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    return {
        "whole": base,
        "transposed": base.t(),
        "part": base[1:3, 2:5],
        "steps": base[::2, 1::3],
        "expanded": torch.tensor([1.5]).expand(2, 3),
        "double": torch.tensor([0.1, -2.5], dtype=torch.float64),
        "half": torch.tensor([1.5, -65504.0], dtype=torch.float16),
        "bfloat": torch.tensor([1.5, -3e38], dtype=torch.bfloat16),
        "long": torch.tensor([-(2**62), 7]),
        "int": torch.tensor([-7], dtype=torch.int32),
        "short": torch.tensor([-7, 300], dtype=torch.int16),
        "char": torch.tensor([-7], dtype=torch.int8),
        "byte": torch.tensor([255, 0], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "parameter": nn.Parameter(torch.tensor([[0.25, 4.0]])),
        "scalar": torch.tensor(3.0),
        "empty": torch.zeros(0, 3),
    }


def torchvision_name(name: str) -> str:
    parts = {"shortcut": "downsample", "linear": "fc"}
    return ".".join(parts.get(part, part) for part in name.split("."))


def main() -> None:
    torch.manual_seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.save(tensors(), FOLDER / "tensors.pt")
    save_file({name: value.detach().clone().contiguous() for name, value in tensors().items()},
              FOLDER / "tensors.safetensors")

    number, _, description = next(network for network in NETWORKS if network[1] == "kernels-5-and-1")
    module = fresh(description, 1000 + number).float()
    for buffer in (b for name, b in module.named_buffers() if name.endswith("num_batches_tracked")):
        buffer.fill_(321)
    optimizer = torch.optim.SGD(module.parameters(), 0.1, momentum=0.9)
    checkpoint = {
        "net": nn.DataParallel(module).state_dict(),
        "acc": 94.84,
        "epoch": 299,
        "seed": 2**40,
        "optimizer": optimizer.state_dict(),
    }
    torch.save(checkpoint, FOLDER / "network.pt")
    half = {torchvision_name(name): value.half() if value.is_floating_point() else value
            for name, value in module.state_dict().items()}
    torch.save(half, FOLDER / "torchvision.pt")

    small = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    torch.save(small, FOLDER / "module.pt")
    torch.jit.save(torch.jit.trace(small, torch.zeros(1, 2)), FOLDER / "scripted.pt")
    torch.save(small.state_dict(), FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
