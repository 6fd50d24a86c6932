"""A brush for the built-in pictures: shapes in face coordinates onto an RGB canvas.

Face coordinates: x to the right, y down, the head about 1 wide and 1.2 high around
(0, 0). A brush tilts them by the head's tilt; shapes drawn with `on_face` are also
wrapped round the head, so that eyes, nose and mouth turn with its yaw.
"""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

Colour = tuple[float, float, float]  # RGB, 0 to 255
SUBPIXEL_BITS = 4
ROUND = np.linspace(0, 2 * np.pi, 40, endpoint=False)


class Brush:
    """Draws on `canvas`, uint8 [H, W, 3], in face coordinates.

    Args:
        canvas: changed in place.
        unit: pixels that one unit of face coordinates is long.
        tilt: radians that the head leans clockwise.
        yaw: radians that the head turns to its left (the viewer's right).
    """

    def __init__(
        self, canvas: np.ndarray, unit: float, tilt: float, yaw: float
    ) -> None:
        self.canvas = canvas
        self.unit = unit
        self.yaw = yaw
        self.origin = np.array([canvas.shape[1] / 2, canvas.shape[0] / 2])
        cos, sin = np.cos(tilt), np.sin(tilt)
        self.rotation = np.array([[cos, -sin], [sin, cos]])

    def place(self, points: np.ndarray, on_face: bool = False) -> np.ndarray:
        """Face coordinates [P, 2] -> pixels [P, 2], in 1/16 of a pixel."""
        points = np.asarray(points, np.float64)
        if on_face:
            x, y = points.T
            depth = 0.68 * np.sqrt(np.maximum(0.05, 1 - x**2 - (y / 1.3) ** 2))
            turned = x * np.cos(self.yaw) + depth * np.sin(self.yaw)
            points = np.stack([turned, y], axis=1)
        pixels = points @ self.rotation.T * self.unit + self.origin
        return np.rint(pixels * 2**SUBPIXEL_BITS).astype(np.int32)

    def fill(self, points: np.ndarray, colour: Colour, on_face: bool = False) -> None:
        """A filled shape with straight sides."""
        pixels = self.place(points, on_face)
        cv2.fillPoly(self.canvas, [pixels], colour, cv2.LINE_8, SUBPIXEL_BITS)

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        colour: Colour,
        on_face: bool = False,
        slant: float = 0.0,
    ) -> None:
        """A filled ellipse; `slant` in radians."""
        self.fill(ring(centre, radii, slant), colour, on_face)

    def line(
        self,
        points: np.ndarray,
        width: float,
        colour: Colour,
        on_face: bool = False,
        closed: bool = False,
    ) -> None:
        """A line through the points, `width` wide."""
        pixels = self.place(points, on_face)
        thickness = max(1, round(width * self.unit))
        cv2.polylines(
            self.canvas, [pixels], closed, colour, thickness, cv2.LINE_8, SUBPIXEL_BITS
        )

    def glaze(
        self, points: np.ndarray, colour: Colour, opacity: float, on_face: bool = False
    ) -> None:
        """A filled shape that lets through what is below."""
        pixels = self.place(points, on_face)
        corner = (pixels.min(axis=0) >> SUBPIXEL_BITS).clip(0)
        left, top = (int(value) for value in corner)
        right, bottom = (int(v) + 2 for v in pixels.max(axis=0) >> SUBPIXEL_BITS)
        part = self.canvas[top : max(bottom, 0), left : max(right, 0)]
        if not part.size:
            return
        painted = part.copy()
        shifted = pixels - (corner << SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(painted, [shifted], colour, cv2.LINE_8, SUBPIXEL_BITS)
        part[:] = cv2.addWeighted(painted, opacity, part, 1 - opacity, 0)


def ring(
    centre: tuple[float, float], radii: tuple[float, float], slant: float = 0.0
) -> np.ndarray:
    """Points round an ellipse, [40, 2].

    >>> ring((1, 0), (2, 5))[0].tolist()
    [3.0, 0.0]
    """
    x, y = radii[0] * np.cos(ROUND), radii[1] * np.sin(ROUND)
    cos, sin = np.cos(slant), np.sin(slant)
    return np.stack([centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos], 1)


def curve(start: tuple, middle: tuple, end: tuple, points: int = 16) -> np.ndarray:
    """A quadratic Bezier curve, [points, 2].

    >>> curve((0, 0), (1, 2), (2, 0), points=3).tolist()
    [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]
    """
    t = np.linspace(0, 1, points)[:, None]
    a, b, c = (np.asarray(point, np.float64) for point in (start, middle, end))
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Between two colours: `share` 0 is the first, 1 the second.

    >>> mix((0, 0, 0), (100, 200, 40), 0.5)
    (50.0, 100.0, 20.0)
    """
    return tuple(float(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def shade(colour: Colour, factor: float) -> Colour:
    """Darker (`factor` below 1) or lighter.

    >>> shade((100, 200, 40), 0.5)
    (50.0, 100.0, 20.0)
    """
    return tuple(float(min(255.0, value * factor)) for value in colour)


def from_hue(hue: float, saturation: float, value: float) -> Colour:
    """A colour from hue, saturation and value, each 0 to 1.

    >>> from_hue(0, 1, 1)
    (255.0, 0.0, 0.0)
    """
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return (255.0 * red, 255.0 * green, 255.0 * blue)
