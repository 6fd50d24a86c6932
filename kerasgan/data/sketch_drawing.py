"""One cartoon face from its attributes, drawn with OpenCV.

Face coordinates are those of sketch_brush.py: the head about 1 wide and 1.2 high
around (0, 0). The picture is drawn four times too large and area-averaged. Which
attributes there are, and their ranges, is in sketch_faces.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from kerasgan.data.sketch_brush import Brush, Colour, curve, from_hue, mix, ring, shade
from kerasgan.data.sketch_hair import (
    back_hair,
    beard,
    front_hair,
    hair_colour,
    half_width,
    hat,
    moustache,
    outline,
)

OVERSAMPLING = 4
SKINS = (
    (255, 226, 204),
    (244, 203, 168),
    (226, 170, 126),
    (190, 128, 84),
    (140, 88, 56),
    (94, 58, 40),
)
IRISES = ((70, 44, 28), (116, 84, 40), (84, 128, 70), (76, 130, 186))
INK: Colour = (38, 30, 34)
WHITE: Colour = (252, 250, 248)


def draw_face(
    attributes: Mapping[str, float], image_size: int | tuple[int, int] = 64
) -> np.ndarray:
    """The face with these attributes, as `sample_attributes` gives them.

    Args:
        attributes: all of `sketch_faces.ATTRIBUTES`.
        image_size: (H, W), or one number for both.

    Returns:
        uint8 [H, W, 3], RGB.
    """
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    height, width = (OVERSAMPLING * side for side in image_size)
    canvas = _background(attributes, height, width)
    brush = Brush(
        canvas,
        unit=0.335 * min(height, width),
        tilt=np.radians(attributes["tilt"]),
        yaw=np.radians(attributes["yaw"]),
    )
    brush.origin += brush.unit * np.array(
        [attributes["shift_x"], attributes["shift_y"]]
    )
    skin = _between(SKINS, attributes["skin"])
    hair = hair_colour(attributes)
    back_hair(brush, attributes, hair)
    _body(brush, attributes, skin)
    _head(brush, attributes, skin)
    beard(brush, attributes, hair)
    _nose(brush, attributes, skin)
    _mouth(brush, attributes, skin)
    moustache(brush, attributes, hair)
    for side in (-1, 1):
        _eye(brush, attributes, side, skin)
        _brow(brush, attributes, side, hair)
    _glasses(brush, attributes)
    front_hair(brush, attributes, hair)
    hat(brush, attributes)
    small = cv2.resize(canvas, image_size[::-1], interpolation=cv2.INTER_AREA)
    return _lit(small, attributes["light"])


def _between(colours: tuple[Colour, ...], position: float) -> Colour:
    """A colour along a row of colours, `position` from 0 to 1."""
    place = position * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    return mix(colours[first], colours[first + 1], place - first)


def _background(attributes: Mapping[str, float], height: int, width: int) -> np.ndarray:
    """A soft vertical gradient, uint8 [height, width, 3]."""
    light = attributes["background_light"]
    top = from_hue(attributes["background_hue"], 0.42, light)
    bottom = from_hue((attributes["background_hue"] + 0.06) % 1, 0.30, light * 0.85)
    share = np.linspace(0, 1, height)[:, None, None]
    column = np.array(top) * (1 - share) + np.array(bottom) * share
    return np.ascontiguousarray(np.broadcast_to(column, (height, width, 3)), np.uint8)


def _body(brush: Brush, attributes: Mapping[str, float], skin: Colour) -> None:
    cloth = from_hue(attributes["clothes_hue"], 0.55, 0.72)
    upright = Brush(brush.canvas, brush.unit, 0.0, 0.0)
    upright.origin = brush.origin
    sides = curve((-1.75, 2.2), (-1.45, 1.28), (-0.42, 1.14))
    shoulders = np.concatenate([sides, sides[::-1] * (-1, 1), [(1.75, 9), (-1.75, 9)]])
    upright.fill(shoulders, cloth)
    neck = np.array([(-0.33, 0.5), (0.33, 0.5), (0.38, 1.2), (0, 1.42), (-0.38, 1.2)])
    upright.fill(neck, shade(skin, 0.80))
    collar = np.array([(-0.42, 1.14), (0, 1.46), (0.42, 1.14)])
    upright.line(collar, 0.09, shade(cloth, 0.75))


def _head(brush: Brush, attributes: Mapping[str, float], skin: Colour) -> None:
    for side in (-1, 1):
        at = side * half_width(attributes) * 0.99 - 0.12 * np.sin(brush.yaw)
        brush.ellipse((at, 0.08), (0.14, 0.22), shade(skin, 0.92))
        brush.ellipse((at, 0.09), (0.07, 0.13), shade(skin, 0.76))
        if attributes["earrings"]:
            brush.ellipse((at, 0.34), (0.07, 0.07), (244, 206, 92))
    brush.fill(outline(attributes), skin)
    rosy = mix(skin, (236, 88, 92), 0.55)
    for side in (-1, 1):
        cheek = ring((side * 0.44, 0.34), (0.19, 0.14))
        brush.glaze(cheek, rosy, 0.10 + 0.35 * attributes["blush"], on_face=True)


def _eye(
    brush: Brush, attributes: Mapping[str, float], side: int, skin: Colour
) -> None:
    x = side * (0.27 + 0.12 * attributes["eye_spacing"])
    size = 0.13 + 0.07 * attributes["eye_size"]
    height = size * (0.18 + 0.82 * attributes["eye_open"])
    slant = side * 0.35 * attributes["eye_slant"]
    white = ring((x, -0.08), (size * 1.15, height), slant)
    brush.fill(white, WHITE, on_face=True)
    gaze = (
        x + 0.45 * size * attributes["gaze_x"],
        -0.08 + 0.3 * height * attributes["gaze_y"],
    )
    iris = _between(IRISES, attributes["eye_colour"])
    for radius, colour in ((0.66, iris), (0.36, INK)):
        brush.ellipse(gaze, (radius * size, min(radius * size, height)), colour, True)
    shine = (gaze[0] - 0.22 * size, gaze[1] - 0.28 * height)
    brush.ellipse(shine, (0.17 * size, min(0.17 * size, 0.4 * height)), WHITE, True)
    upper = white[(np.arange(21) + 20) % 40]  # from one corner over the top
    brush.line(upper, 0.055, mix(INK, skin, 0.1), on_face=True)


def _brow(
    brush: Brush, attributes: Mapping[str, float], side: int, hair: Colour
) -> None:
    x = side * (0.27 + 0.12 * attributes["eye_spacing"])
    y = -0.33 - 0.10 * attributes["brow_height"]
    lean = 0.13 * attributes["brow_angle"]
    inner, outer = (x - side * 0.17, y + lean), (x + side * 0.2, y - lean)
    bow = (x, y - 0.08)
    thickness = 0.05 + 0.07 * attributes["brow_thickness"]
    brush.line(curve(inner, bow, outer), thickness, mix(hair, INK, 0.45), on_face=True)


def _nose(brush: Brush, attributes: Mapping[str, float], skin: Colour) -> None:
    long = 0.22 + 0.14 * attributes["nose_length"]
    wide = 0.09 + 0.08 * attributes["nose_width"]
    tip = np.array([1.25 * np.sin(brush.yaw) * 0.25, 0.0])
    side = -1 if attributes["light"] > 0 else 1
    bridge = curve((side * 0.05, -0.05), (side * 0.07, long * 0.6), (side * wide, long))
    brush.line(bridge + tip * 0.5, 0.04, shade(skin, 0.80), on_face=True)
    brush.fill(ring((0, long), (wide, 0.075)) + tip, shade(skin, 0.86), on_face=True)
    brush.fill(
        ring((-side * 0.02, long - 0.035), (wide * 0.7, 0.05)) + tip,
        shade(skin, 1.05),
        on_face=True,
    )


def _mouth(brush: Brush, attributes: Mapping[str, float], skin: Colour) -> None:
    smile, opening = attributes["smile"], attributes["mouth_open"]
    half = 0.20 + 0.10 * attributes["mouth_width"] + 0.05 * max(smile, 0)
    y = 0.60 - 0.03 * smile
    corner = y - 0.13 * smile
    left, right = (-half, corner), (half, corner)
    upper = curve(left, (0, y + 0.13 * smile - 0.10 * opening), right)
    lower = curve(left, (0, y + 0.17 * smile + 0.42 * opening), right)
    lips = mix(shade(skin, 0.70), (204, 44, 66), 0.25 + 0.6 * attributes["lipstick"])
    if opening > 0.12:
        inside = np.concatenate([upper, lower[::-1]])
        brush.fill(inside, (104, 28, 36), on_face=True)
        teeth = np.concatenate([upper, (upper * 0.72 + lower * 0.28)[::-1]])
        brush.fill(teeth, WHITE, on_face=True)
        tongue = np.concatenate([lower * 0.72 + upper * 0.28, lower[::-1]])[4:-4]
        brush.fill(tongue, (222, 98, 104), on_face=True)
        brush.line(lower, 0.05 + 0.03 * attributes["lipstick"], lips, on_face=True)
    brush.line(upper, 0.055 + 0.03 * attributes["lipstick"], lips, on_face=True)


def _glasses(brush: Brush, attributes: Mapping[str, float]) -> None:
    """Round or square frames; dark ones hide the eyes."""
    if not attributes["glasses"]:
        return
    middle = 0.27 + 0.12 * attributes["eye_spacing"]
    for side in (-1, 1):
        lens = ring((side * middle, -0.07), (0.25, 0.25))
        if attributes["square_glasses"]:
            corners = np.array([(-1, -0.8), (1, -0.8), (0.85, 0.75), (-0.85, 0.75)])
            lens = corners * (0.26, 0.25) + (side * middle, -0.07)
        dark = attributes["dark_glasses"]
        brush.glaze(lens, INK if dark else WHITE, 0.9 if dark else 0.16, on_face=True)
        brush.line(lens, 0.06, INK, on_face=True, closed=True)
        hinge = (side * (middle + 0.25), -0.1)
        ear = (side * half_width(attributes), -0.06)
        brush.line(np.array([hinge, ear]), 0.05, INK, on_face=True)
    inner = middle - 0.25
    brush.line(curve((-inner, -0.1), (0, -0.17), (inner, -0.1)), 0.05, INK, True)


def _lit(image: np.ndarray, light: float) -> np.ndarray:
    """Light from the right where `light` is positive, from the left where negative."""
    across = np.linspace(-1, 1, image.shape[1], dtype=np.float32)
    factor = 1 + 0.28 * light * across - 0.06 * abs(light)
    lit = image * factor[None, :, None]
    return np.rint(np.clip(lit, 0, 255)).astype(np.uint8)
