"""The head's outline and all that grows or sits on it, for the built-in pictures.

Face coordinates are those of sketch_brush.py; `attributes` those of sketch_faces.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kerasgan.data.sketch_brush import Brush, Colour, curve, from_hue, mix, ring, shade

SHORT = 0.3  # hair_length below it leaves the neck free


def half_width(attributes: Mapping[str, float]) -> float:
    """From the middle of the face to the ear."""
    return 0.70 + 0.18 * attributes["face_width"]


def outline(attributes: Mapping[str, float], grow: float = 1.0) -> np.ndarray:
    """The head: an ellipse whose lower half narrows to the chin, [64, 2]."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    x, y = np.cos(angle), np.sin(angle)
    narrow = 0.34 * (1 - attributes["jaw"]) * np.maximum(y, 0) ** 1.6
    square = 0.10 * attributes["jaw"] * np.abs(np.sin(2 * angle)) * (y > 0)
    x = x * (1 - narrow + square) * half_width(attributes)
    return grow * np.stack([x, np.where(y > 0, 1.06, 0.98) * y], axis=1)


def hair_colour(attributes: Mapping[str, float]) -> Colour:
    """Black to grey where cool, chestnut to blond where warm."""
    light, warm = attributes["hair_light"], attributes["hair_warm"]
    cool = mix((30, 27, 34), (206, 206, 212), light)
    return mix(cool, mix((104, 44, 26), (246, 198, 96), light), warm)


def back_hair(brush: Brush, attributes: Mapping[str, float], hair: Colour) -> None:
    """What hangs behind the head and on the shoulders."""
    length = attributes["hair_length"]
    if attributes["bald"] or length < SHORT:
        return
    dark = shade(hair, 0.80)
    wide, end = half_width(attributes) + 0.16, 0.2 + 1.35 * length
    top = ring((0, -0.15), (wide, 1.0))[20:]  # the upper half, left to right
    right = curve((wide, -0.15), (wide + 0.06, 0.5 * end), (wide - 0.04, end))
    bottom = curve((wide - 0.04, end), (0, end + 0.16), (0.04 - wide, end))
    left = curve((0.04 - wide, end), (-wide - 0.06, 0.5 * end), (-wide, -0.15))
    brush.fill(np.concatenate([top, right, bottom, left]), dark)
    if attributes["curly"]:
        for x, y in np.concatenate([right[::3], left[::3]]):
            brush.ellipse((x, y), (0.17, 0.17), dark)


def front_hair(brush: Brush, attributes: Mapping[str, float], hair: Colour) -> None:
    """The hair on top: from ear to ear, down to the hairline."""
    if attributes["bald"]:
        return
    wide = half_width(attributes) + 0.07
    turn = 0.35 * np.sin(brush.yaw)
    over = ring((0, -0.1), (wide, 1.04))[19:]
    part = (0.42 * attributes["parting"] + turn, -0.74 + 0.16 * attributes["fringe"])
    edge = -0.60 + 0.34 * attributes["fringe"]
    temples = (-wide + 0.02, 0.02), (wide - 0.02, 0.02)
    right = curve(temples[1], (wide * 0.78 + turn, edge - 0.12), part)
    left = curve(part, (-wide * 0.78 + turn, edge - 0.12), temples[0])
    if attributes["fringe"] > 0.5:  # hair falls over the forehead
        right = curve(temples[1], (wide * 0.80, edge - 0.1), (part[0], edge))
        left = curve((part[0], edge), (-wide * 0.80, edge - 0.1), temples[0])
    brush.fill(np.concatenate([over, right, left]), hair)
    if attributes["curly"]:
        hairline = np.concatenate([right, left])[2:-2:5]
        for x, y in np.concatenate([over[1::2], hairline]):
            brush.ellipse((x, y), (0.16, 0.15), hair)
    else:
        gloss = curve((-0.62 * wide, -0.72), (-0.3 * wide, -0.98), (0.1, -1.0))
        brush.line(gloss, 0.07, mix(hair, (255, 255, 255), 0.22))


def beard(brush: Brush, attributes: Mapping[str, float], hair: Colour) -> None:
    """Along the jaw, round the mouth."""
    if not attributes["beard"]:
        return
    wide = half_width(attributes)
    shape = outline(attributes, 1.04)
    jaw = shape[(shape[:, 1] > 0.16) & (shape[:, 0] != 0)]  # right to left, below
    right = curve((-wide, 0.16), (-0.62 * wide, 0.48), (-0.22, 0.44))
    left = curve((0.22, 0.44), (0.62 * wide, 0.48), (wide, 0.16))
    brush.fill(np.concatenate([jaw, right, left]), shade(hair, 0.92))


def moustache(brush: Brush, attributes: Mapping[str, float], hair: Colour) -> None:
    """Two strokes between nose and mouth."""
    if not attributes["moustache"]:
        return
    for side in (-1, 1):
        stroke = curve((0, 0.42), (side * 0.16, 0.36), (side * 0.34, 0.52))
        below = curve((side * 0.34, 0.52), (side * 0.15, 0.54), (0, 0.49))
        brush.fill(np.concatenate([stroke, below]), shade(hair, 0.82), on_face=True)


def hat(brush: Brush, attributes: Mapping[str, float]) -> None:
    """A woollen hat with a brim."""
    if not attributes["hat"]:
        return
    wide = half_width(attributes) + 0.15
    wool = from_hue((attributes["clothes_hue"] + 0.45) % 1, 0.62, 0.80)
    dome = ring((0, -0.48), (wide, 0.86))[20:]
    brush.fill(dome, wool)
    brush.ellipse((0, -1.36), (0.16, 0.15), shade(wool, 1.2))
    rim = np.concatenate(
        [
            curve((-wide, -0.62), (0, -0.80), (wide, -0.62)),
            curve((wide + 0.02, -0.36), (0, -0.54), (-wide - 0.02, -0.36)),
        ]
    )
    brush.fill(rim, shade(wool, 0.78))
