"""From the turns of all programs to the table, and the files that hold both."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import TypedDict

from programs import Turn


class Measured(TypedDict):
    """A row's turns, and how they came about."""

    title: str
    mode: str
    steps: int
    date: str
    commit: str
    versions: dict[str, str]
    turns: dict[str, list[Turn]]


class Document(TypedDict):
    """All rows that were measured on one machine, by their name."""

    cpu: str
    threads: int
    rows: dict[str, Measured]


def load(path: Path, cpu: str, threads: int) -> Document:
    """What was measured before on this kind of machine, to be completed or replaced row by row; nothing where it was
    measured on another."""
    if path.exists():
        document: Document = json.loads(path.read_text())
        if (document["cpu"], document["threads"]) == (cpu, threads):
            return document
    return Document(cpu=cpu, threads=threads, rows={})


def save(document: Document, order: list[str], folder: Path, name: str) -> str:
    """Writes the numbers and the table, and returns the table."""
    rows = document["rows"]
    position = {row: index for index, row in enumerate(order)}
    document["rows"] = dict(sorted(rows.items(), key=lambda item: position.get(item[0], len(order))))
    text = table(document)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / f"{name}.md").write_text(text)
    return text


def table(document: Document) -> str:
    """Markdown: medians over the rounds, the ratio to the fastest peer and its spread over the rounds."""
    rows = document["rows"]
    versions: dict[str, set[str]] = {}
    for measured in rows.values():
        for program, version in measured["versions"].items():
            versions.setdefault(program, set()).add(version)
    programs = "; ".join(f"{name} {' and '.join(sorted(found))}" for name, found in versions.items())
    lines = [
        f"{document['cpu']}, {document['threads']} threads; {programs}. n: rounds × timed steps of a round; programs "
        "take turns, each in a process of its own. Spread: extremes over the rounds. `+`: measured with changes not yet committed.",
        "",
        "| work | tpsnet | PyTorch's best | ONNX Runtime | ratio | spread | n | measured |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for measured in rows.values():
        lines.append(line(measured, measured["title"], "value"))
    for measured in rows.values():
        if measured["mode"] == "train":
            lines.append(line(measured, f"{measured['title']}: peak memory", "memory"))
    return "\n".join(lines) + "\n"


def line(measured: Measured, title: str, quantity: str) -> str:
    """A row of the table: times, shares or memory."""
    series = {program: [number(turn, quantity) for turn in turns] for program, turns in measured["turns"].items()}
    ours = series.pop("tpsnet")
    unit = "MiB" if quantity == "memory" else {"share": "%", "start": "s"}.get(measured["mode"], "ms")
    cells = [show(statistics.median(ours), unit)]
    onnx = series.pop("onnxruntime", None)
    torch = min(series.items(), key=lambda item: statistics.median(item[1]), default=None)
    cells.append(f"{show(statistics.median(torch[1]), unit)} ({torch[0].replace(',', ' ')})" if torch else "")
    cells.append(show(statistics.median(onnx), unit) if onnx else "")
    peers = [peer for peer in (torch and torch[1], onnx) if peer]
    if peers:
        best = min(peers, key=statistics.median)
        if quantity == "memory":
            ratios, word = [own / peer for own, peer in zip(ours, best, strict=True)], "the memory"
            ratio = statistics.median(ours) / statistics.median(best)
        else:
            ratios, word = [peer / own for own, peer in zip(ours, best, strict=True)], "as fast"
            ratio = statistics.median(best) / statistics.median(ours)
        cells += [f"**{ratio:.2f}×** {word}", f"{min(ratios):.2f}–{max(ratios):.2f}"]
    else:
        cells += ["", f"{show(min(ours), unit)} – {show(max(ours), unit)}"]
    cells.append(f"{len(ours)} × {measured['steps']}")
    cells.append(f"{measured['date']}, {measured['commit']}")
    return f"| {title} | {' | '.join(cells)} |"


def number(turn: Turn, quantity: str) -> float:
    return turn["memory"] / 2**20 if quantity == "memory" else turn["value"]


def show(value: float, unit: str) -> str:
    """A number with its unit, to three digits or more."""
    match unit:
        case "%":
            return f"{value * 100:.1f} %"
        case "s":
            return f"{value / 1e3:.2f} s"
        case _:
            digits = 2 if value < 10 else 1 if value < 100 else 0
            return f"{value:.{digits}f} {unit}"
