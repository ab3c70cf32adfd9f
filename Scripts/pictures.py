"""Writes Tests/Fixtures/pictures: one picture as other programs store it, for the decoders' tests.

    python Scripts/pictures.py        (needs Pillow)

picture.png           24 × 16 pixels: red 10·x, green 15·y, blue 100
turned-1…8.png        the same under each EXIF orientation;  turned-6.jpg, turned-6.webp  the sixth in other formats
lossless.webp, lossy.webp, transparent.webp (the left half is), animated.webp
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "Tests" / "Fixtures" / "pictures"
ORIENTATION = 0x0112
STORED = {
    # What is done to an upright picture to store it under each orientation: the inverse of what shows it.
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (24, 16))
    picture.putdata([(10 * x, 15 * y, 100) for y in range(16) for x in range(24)])
    picture.save(FOLDER / "picture.png")
    for orientation, transposition in STORED.items():
        stored = picture if transposition is None else picture.transpose(transposition)
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        stored.save(FOLDER / f"turned-{orientation}.png", exif=exif)
        if orientation == 6:
            stored.save(FOLDER / "turned-6.jpg", exif=exif, quality=95, subsampling=0)
            stored.save(FOLDER / "turned-6.webp", exif=exif, lossless=True)
    picture.save(FOLDER / "lossless.webp", lossless=True)
    picture.save(FOLDER / "lossy.webp", quality=95)
    transparent = picture.convert("RGBA")
    transparent.paste((0, 0, 0, 0), (0, 0, 12, 16))
    transparent.save(FOLDER / "transparent.webp", lossless=True)
    picture.save(FOLDER / "animated.webp", save_all=True, append_images=[picture.rotate(180)], lossless=True)


if __name__ == "__main__":
    main()
