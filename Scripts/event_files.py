"""Checks with TensorBoard's own reader that it shows a run as the run's metrics.csv has it.

    python Scripts/event_files.py runs/sprint-1        (needs tensorboard)

Prints every tag. The exit code is 1 where a curve is not the column of metrics.csv, each epoch once (also after kills
and resumes), or where the configuration, the settings of the hparams plugin or the augmented images are missing.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator as PluginAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

COLUMNS = {
    "loss/train": "train_loss",
    "loss/validation": "val_loss",
    "accuracy/train": "train_accuracy",
    "accuracy/validation": "val_accuracy",
    "learning_rate": "learning_rate",
    "images_per_second": "images_per_second",
}


def main() -> None:
    run = Path(sys.argv[1])
    reader = EventAccumulator(str(run), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    reader.Reload()
    problems = []
    tags = reader.Tags()
    for kind in ("scalars", "images", "tensors"):
        print(f"{kind}: {', '.join(tags[kind])}")
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    for tag, column in COLUMNS.items():
        expected = [(int(row["step"]), float(row[column])) for row in rows if row[column]]
        found = [(event.step, event.value) for event in reader.Scalars(tag)] if tag in tags["scalars"] else []
        same = len(found) == len(expected) and all(
            a[0] == b[0] and abs(a[1] - b[1]) <= 1e-6 * abs(b[1]) for a, b in zip(found, expected)
        )
        print(f"{tag}: {len(found)} points, {'as' if same else 'NOT as'} in metrics.csv")
        if not same:
            problems.append(f"{tag}: {found} where metrics.csv has {expected}")
    if not tags["images"]:
        problems.append("no augmented images")
    text = reader.Tensors("configuration") if "configuration" in tags["tensors"] else []
    if len(text) != 1 or b"learningRate" not in text[0].tensor_proto.string_val[0]:
        problems.append("no configuration")

    plugins = PluginAccumulator(str(run))
    plugins.Reload()
    contents = plugins.PluginTagToContent("hparams")
    parts = {name: HParamsPluginData.FromString(content) for name, content in contents.items()}
    settings = parts["_hparams_/session_start_info"].session_start_info.hparams
    metrics = [info.name.tag for info in parts["_hparams_/experiment"].experiment.metric_infos]
    print(f"hparams: {len(settings)} settings, such as optimizer.learningRate = "
          f"{settings['optimizer.learningRate'].number_value}; metrics {', '.join(metrics)}; "
          f"ended: {parts['_hparams_/session_end_info'].session_end_info.status if len(parts) == 3 else 'not yet'}")
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
