"""What is measured: the rows of the table, each a network, a mode, a batch and a precision."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

NETWORKS = Path(__file__).parent / "networks"
LAYOUTS = ("NCHW", "channels_last")


@dataclass(frozen=True)
class Network:
    """A preset of tpsnet or a configuration file."""

    title: str
    arguments: tuple[str, ...]

    @staticmethod
    def preset(title: str, name: str) -> Network:
        return Network(title, ("--preset", name))

    @staticmethod
    def file(title: str, path: Path) -> Network:
        return Network(title, ("--config", str(path)))


@dataclass(frozen=True)
class Work:
    """One thing that tpsnet and its peers do in turns.

    Modes: `train` and `infer` are timed; `share` is the part of a training step outside convolutions, `start` the
    time from `tpsnet train` to its first step.
    """

    name: str
    network: Network
    mode: str
    precision: str
    batch_size: int
    steps: int

    @property
    def title(self) -> str:
        what = {
            "train": f"training step, batch {self.batch_size}",
            "infer": f"inference, batch {self.batch_size}",
            "share": f"share of a training step not in convolutions, batch {self.batch_size}",
            "start": "start of `tpsnet train` to its first step",
        }[self.mode]
        return f"{self.network.title}: {what}, {self.precision}"

    def programs(self, compiles: bool) -> list[str]:
        """Who does it: `tpsnet`, configurations of PyTorch, `onnxruntime`."""
        if self.mode in ("share", "start"):
            return ["tpsnet"]
        executions = ["eager"] + (["frozen"] if self.mode == "infer" else []) + (["compiled"] if compiles else [])
        peers = [f"{execution},{layout}" for execution in executions for layout in LAYOUTS]
        # ONNX Runtime's CPU provider has no bf16 convolution: such a model is refused when it is loaded (1.32).
        if self.mode == "infer" and self.precision == "fp32":
            peers.append("onnxruntime")
        return ["tpsnet", *peers]


PRECISIONS = ("bf16", "fp32")
TPSNET = Network.preset("TPSNet", "tpsnet")
MODEL_1 = Network.preset("Model 1", "model-1")
WIDE = Network.file("Wide net", NETWORKS / "wide.yaml")
RESNET_20 = Network.file("ResNet-20", NETWORKS / "resnet20.yaml")


def trainings(name: str, network: Network, batch_size: int, steps: int) -> list[Work]:
    """Training of a network in both precisions."""
    return [
        Work(f"{name}-train-{precision}", network, "train", precision, batch_size, steps) for precision in PRECISIONS
    ]


def all_works() -> list[Work]:
    """The table, from its first row to its last."""
    inferences = [
        Work(f"tpsnet-infer-{batch_size}-{precision}", TPSNET, "infer", precision, batch_size, steps)
        for batch_size, steps in ((1, 100), (128, 6), (1000, 2))
        for precision in PRECISIONS
    ]
    shares = [Work(f"tpsnet-share-{precision}", TPSNET, "share", precision, 128, 4) for precision in PRECISIONS]
    return [
        *trainings("tpsnet", TPSNET, 128, 4),
        *trainings("model-1", MODEL_1, 128, 4),
        Work("wide-train-bf16", WIDE, "train", "bf16", 512, 2),
        *trainings("resnet20", RESNET_20, 32, 40),
        *inferences,
        *shares,
        Work("tpsnet-start", TPSNET, "start", "bf16", 128, 1),
    ]


def chosen(works: list[Work], patterns: list[str]) -> list[Work]:
    """The works whose name matches one of `patterns` (`tpsnet-infer-*`); each pattern must match something."""
    for pattern in patterns:
        if not any(fnmatchcase(work.name, pattern) for work in works):
            raise ValueError(f"no row is called {pattern}; there are {', '.join(work.name for work in works)}")
    return [work for work in works if any(fnmatchcase(work.name, pattern) for pattern in patterns)]
