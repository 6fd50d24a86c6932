"""Pages that open from disk with no network: everything stands in one HTML file.

A folder holds page.html, page.css and page.js; page.html has the places `$style`,
`$script`, `$data` and those of its own. Pictures stand in a page as data URIs.

H height, W width.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from string import Template
from typing import Any

import cv2
import numpy as np

QUALITY = 82


def fill_page(folder: Path, data: Any, **fields: str) -> bytes:
    """The page of a folder with its style, its script and the data that it shows.

    Args:
        folder: of page.html, page.css and page.js.
        data: what JSON can hold; the script finds it in the element `data`.
        fields: the page's own places, HTML each.
    """

    def read(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    page = Template(read("page.html")).substitute(
        style=read("page.css"), script=read("page.js"), data=in_script(data), **fields
    )
    return page.encode("utf-8", "replace")


def in_script(data: Any) -> str:
    """JSON that may stand inside a <script>: no name in it can end the element.

    >>> in_script("</script>")
    '"\\\\u003c/script>"'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def encode_jpeg(image: np.ndarray, quality: int = QUALITY) -> bytes:
    """uint8 [H, W, 3] as the bytes of a JPEG file.

    >>> encode_jpeg(np.zeros((8, 8, 3), np.uint8))[:2]
    b'\\xff\\xd8'
    """
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def jpeg_uri(data: bytes) -> str:
    """The bytes of a JPEG file as a data URI.

    >>> jpeg_uri(b"abc")
    'data:image/jpeg;base64,YWJj'
    """
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()
