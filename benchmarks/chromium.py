"""A headless Chromium that is clicked in as a user would: the DevTools protocol.

Only what `curate_page.py` and `report_page.py` need, over a bare WebSocket (RFC 6455),
so that the project gets no dependency for it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The program, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """One page of a headless browser; a context manager.

    Args:
        url: what it opens.
        size: of the window, (width, height).
    """

    def __init__(self, url: str, size: tuple[int, int] = (1300, 860)) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [find_chromium(), "--headless", "--no-sandbox", "--disable-gpu"]
        command += [
            "--remote-debugging-port=0",
            f"--user-data-dir={self._profile.name}",
        ]
        command += [f"--window-size={size[0]},{size[1]}", "about:blank"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._socket = _connect(Path(self._profile.name) / "DevToolsActivePort")
        self._number = 0
        self._events: list[dict[str, Any]] = []
        for domain in ("Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait()
        self._profile.cleanup()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; what it answers."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        _send(self._socket, json.dumps(message).encode())
        while True:
            answer = json.loads(_receive(self._socket))
            if "method" in answer:
                self._events.append(answer)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, expression: str, timeout_seconds: float = 120) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + timeout_seconds
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"{expression} did not come true")
            time.sleep(0.05)

    def complaints(self) -> list[str]:
        """What the console said so far, and what was asked of a network."""
        self.evaluate("0")  # what came before it has come by then
        found = []
        for event in self._events:
            method, about = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                found.append(str(about["exceptionDetails"]))
            elif method == "Runtime.consoleAPICalled":
                found += [f"console: {about['args']}"] * (about["type"] != "log")
            elif method == "Log.entryAdded":
                found.append(f"{about['entry']['level']}: {about['entry']['text']}")
            elif method == "Network.requestWillBeSent":
                url = about["request"]["url"]
                found += [f"asked for {url}"] * (not url.startswith(("file:", "data:")))
        return found

    def looks(self, width: int, height: int, dark: bool = False) -> None:
        """Give the page a size in CSS pixels, and a light or a dark reader."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def press(self, key: str) -> None:
        """One key, such as ArrowLeft, where the focus is."""
        codes = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35}
        for kind in ("rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
            )

    def click(self, selector: str) -> None:
        """Scroll to an element and click on its middle."""
        x, y = self.evaluate(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const b = "
            "e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]"
            f"}})(document.querySelector({selector!r}))"
        )
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def mouse(self, kind: str, x: float, y: float) -> None:
        """One event of the left button."""
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button="left",
            buttons=int(kind != "mouseReleased"),
            clickCount=1,
        )

    def pasted(self) -> str:
        """What the clipboard holds: pasted as by Ctrl-V into a new field."""
        self.evaluate(
            "document.body.append(Object.assign(document.createElement('textarea'), "
            "{id: 'pasted'})); document.getElementById('pasted').focus()"
        )
        self.call("Input.dispatchKeyEvent", type="keyDown", key="v", commands=["paste"])
        return self.evaluate(
            "(e => { const text = e.value; e.remove(); return text; })"
            "(document.getElementById('pasted'))"
        )

    def screenshot(self, path: str | os.PathLike, whole: bool = False) -> None:
        """Write what the window shows, or the whole page, as PNG."""
        data = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )["data"]
        Path(path).write_bytes(base64.b64decode(data))


def _connect(port_file: Path) -> socket.socket:
    """A WebSocket to the first page."""
    end = time.monotonic() + 60
    while not (port_file.exists() and port_file.read_text().strip()):
        if time.monotonic() > end:
            raise TimeoutError("Chromium did not start")
        time.sleep(0.1)
    port = int(port_file.read_text().split()[0])
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        pages = [page for page in json.load(answer) if page["type"] == "page"]
    path = pages[0]["webSocketDebuggerUrl"].partition(f":{port}")[2]
    connection = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    return connection


def _send(connection: socket.socket, data: bytes) -> None:
    """One text frame, masked as a client must."""
    mask = os.urandom(4)
    size = len(data)
    length = bytes([128 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
    masked = bytes(byte ^ mask[k % 4] for k, byte in enumerate(data))
    connection.sendall(b"\x81" + length + mask + masked)


def _receive(connection: socket.socket) -> bytes:
    """One message, put together from its frames."""
    message = b""
    while True:
        first, size = _read(connection, 2)
        size &= 127
        if size > 125:
            wide = 2 if size == 126 else 8
            size = int.from_bytes(_read(connection, wide), "big")
        message += _read(connection, size)
        if first & 128:
            return message


def _read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError("Chromium has gone")
        data += part
    return data
