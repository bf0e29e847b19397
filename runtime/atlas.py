"""Where pictures lie on a sheet, in TexturePacker's JSON hash form, as Phaser, PixiJS, Cocos and others read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_FORMATS = {1: "I8", 3: "RGB888", 4: "RGBA8888"}


def atlas(
    names: Sequence[str],
    shape: Sequence[int],
    columns: int,
    image: str,
    page: Sequence[int],
    more: Sequence[Mapping[str, object]] = (),
) -> dict[str, dict[str, object]]:
    """`frames` by name, and `meta`.

    Args:
        names: of the pictures, row by row as `pictures.sheet` lays them.
        shape: [h, w, ...] of each picture.
        columns: pictures in a row.
        image: the sheet's file.
        page: [h, w, c] of the sheet.
        more: what is said of each picture beside that.
    """
    height, width = shape[:2]
    frames: dict[str, object] = {}
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        frames[name] = {
            "frame": {"x": column * width, "y": row * height, "w": width, "h": height},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, "w": width, "h": height},
            "sourceSize": {"w": width, "h": height},
            **(more[number] if more else {}),
        }
    meta: dict[str, object] = {
        "app": "ganrt",
        "version": "1.0",
        "image": image,
        "format": _FORMATS[page[2]],
        "size": {"w": page[1], "h": page[0]},
        "scale": "1",
    }
    return {"frames": frames, "meta": meta}
