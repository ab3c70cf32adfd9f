"""Writes Tests/Fixtures/augmentations.safetensors: what torchvision does to two images, byte by byte.

How to run it (needs torch, torchvision, numpy and safetensors):

    python Scripts/pytorch/augmentations.py

`image/<i>` are the images (3 × 16 × 16 bytes), `<operation>/<strength>/<i>` what TrivialAugmentWide's operations make of
them, where the strength is its place among 31, negative for the other direction. `mixed/…` are a batch of four images in
floats and labels before and after MixUp and CutMix, with the parameters drawn.
"""

from __future__ import annotations

from pathlib import Path

import numpy
import torch
import torchvision
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.autoaugment import TrivialAugmentWide, _apply_op
from torchvision.transforms.functional import InterpolationMode

from fixtures import unit, write

FIXTURE = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "augmentations.safetensors"
SIDE = 16
STRENGTHS = {
    "ShearX": [7, 30, -19],
    "ShearY": [11, -30],
    "TranslateX": [4, 30, -9],
    "TranslateY": [14, -2],
    "Rotate": [5, 20, -30],
    "Brightness": [9, -30],
    "Color": [30, -12],
    "Contrast": [21, -30],
    "Sharpness": [30, -17],
    "Posterize": [0, 12, 30],
    "Solarize": [0, 14, 30],
    "AutoContrast": [0],
    "Equalize": [0],
}


def images() -> list[Tensor]:
    """Smooth colours with noise, one of them dark; the last has a channel of one value."""
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    waves = torch.stack([(rows * 0.3).sin(), (columns * 0.25).cos(), ((rows + columns) * 0.2).sin()])
    noise = torch.from_numpy(unit(9, 0, torch.Size([3, SIDE, SIDE])))
    bright = (100 + 70 * waves + 60 * noise).byte()
    dark = (20 + 15 * waves + 25 * noise).byte()
    dark[2] = 40
    return [bright, dark]


def mixed() -> dict[str, Tensor]:
    """MixUp and CutMix on a batch of four."""
    batch = torch.from_numpy(unit(10, 0, torch.Size([4, 3, SIDE, SIDE])))
    labels = torch.tensor([2, 0, 1, 1])
    result = {"mixed/images": batch, "mixed/labels": labels}
    for name, transform, parameters in [
        ("MixUp", v2.MixUp(num_classes=3), {"lam": 0.3125}),
        ("CutMix", v2.CutMix(num_classes=3), {"box": (5, 0, 12, 9), "lam_adjusted": 1 - 7 * 9 / SIDE**2}),
    ]:
        parameters |= {"labels": labels, "batch_size": 4}
        result[f"mixed/{name}/images"] = transform.transform(batch, parameters)
        result[f"mixed/{name}/shares"] = transform.transform(labels, parameters)
    return result


def main() -> None:
    space = TrivialAugmentWide()._augmentation_space(31)
    tensors = {f"image/{i}": image for i, image in enumerate(images())}
    for name, strengths in STRENGTHS.items():
        magnitudes, signed = space[name]
        for strength in strengths:
            assert signed or strength >= 0
            magnitude = magnitudes[abs(strength)].item() if magnitudes.ndim > 0 else 0.0
            for i, image in enumerate(images()):
                picture = Image.fromarray(image.permute(1, 2, 0).numpy())
                sign = -1 if strength < 0 else 1
                result = _apply_op(picture, name, sign * magnitude, InterpolationMode.NEAREST, None)
                tensors[f"{name}/{strength}/{i}"] = torch.from_numpy(numpy.array(result)).permute(2, 0, 1).contiguous()
    tensors |= mixed()
    write(FIXTURE, tensors, {"torchvision": torchvision.__version__, "pillow": Image.__version__})
    print(f"{len(tensors)} tensors, {FIXTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
