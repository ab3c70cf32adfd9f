"""Writes Tests/Fixtures/datasets: the smallest files of each data set's format, which the fuzzer starts from.

    python Scripts/dataset_files.py

data_batch_1.bin, data_batch_1   two images of CIFAR-10's binary and Python version (as Python 2 pickled it)
{train,t10k}-{images-idx3,labels-idx1}-ubyte, and the same with .gz   two images of Fashion-MNIST
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "Tests" / "Fixtures" / "datasets"
COUNT = 2


def text(value: str) -> bytes:
    return b"U" + bytes([len(value)]) + value.encode()


def python_batch(labels: list[int], pixels: bytes) -> bytes:
    """{"batch_label": …, "labels": […], "data": numpy array of uint8, "filenames": […]} in protocol 2."""
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nq\x07K\x00\x85" + text("b") + b"\x87Rq\x08"
    array += b"(K\x01K" + bytes([len(labels)]) + b"M\x00\x0c\x86cnumpy\ndtype\nq\x09" + text("u1") + b"K\x00K\x01\x87Rq\x0a"
    array += b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    array += b"T" + len(pixels).to_bytes(4, "little") + pixels + b"tb"
    batch = b"\x80\x02}q\x01(" + text("batch_label") + b"q\x02" + text("training batch 1 of 5") + b"q\x03"
    batch += text("labels") + b"q\x04]q\x05(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    batch += text("data") + array + text("filenames") + b"]q\x0c("
    return batch + b"".join(text(f"image_{index}.png") for index in range(len(labels))) + b"eu."


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    random.seed(1)
    labels, pixels = [3, 7], random.randbytes(COUNT * 3072)
    records = b"".join(bytes([label]) + pixels[i * 3072 : (i + 1) * 3072] for i, label in enumerate(labels))
    (FOLDER / "data_batch_1.bin").write_bytes(records)
    (FOLDER / "data_batch_1").write_bytes(python_batch(labels, pixels))
    for part in ("train", "t10k"):
        images = b"\x00\x00\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (COUNT, 28, 28))
        images += bytes(min(255, index % 28 * 9) for index in range(COUNT * 784))
        classes = b"\x00\x00\x08\x01" + COUNT.to_bytes(4, "big") + bytes([1, 2])
        for name, data in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", classes)):
            (FOLDER / name).write_bytes(data)
            (FOLDER / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
