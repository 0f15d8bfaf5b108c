#!/usr/bin/env python3
"""Makes the pictures of the dashboard from a running program: docs/pictures/make.py target/release/securityhub-local

It serves a scenario for each picture, opens the page in Chromium without a window, and reduces the picture to 256 colors.
Only the Python standard library and Chromium are needed.
"""

import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections import Counter

FOLDER = pathlib.Path(__file__).resolve().parent
SCENARIOS = FOLDER.parent.parent / "scenarios"
CHROMIUM = "chromium"

# Name, scenario, page, width, height, and whether the color scheme is dark.
PICTURES = [
    ("overview", "forty-members.yaml", "as/111111111111/us-east-1/", 1280, 900, False),
    ("standards", "controls.yaml", "as/111111111111/us-east-1/standards", 1280, 900, True),
    ("rules", "console-settings.yaml", "as/111111111111/us-east-1/rules?f=SeverityLabel:EQUALS:HIGH", 1280, 900, False),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_ready(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/_emulator/ready", timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"no response from {address}")


def screenshot(address: str, width: int, height: int, is_dark: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "page.png"
        scheme = ["--blink-settings=preferredColorScheme=0"] if is_dark else []
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-lcd-text"]
        options += ["--force-device-scale-factor=1", f"--window-size={width},{height}", f"--screenshot={file}"]
        options += [f"--user-data-dir={folder}/profile", *scheme, address]
        subprocess.run([CHROMIUM, *options], check=True, capture_output=True, timeout=120)
        return file.read_bytes()


def chunks(png: bytes):
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + length]
        at += length + 12


def pixels(png: bytes):
    """The width and the rows of a picture with 8 bits per channel; each row is a list of colors."""
    header = next(data for kind, data in chunks(png) if kind == b"IHDR")
    width, height, depth, color_type = struct.unpack(">IIBB", header[:10])
    channels = {2: 3, 6: 4}[color_type]
    assert depth == 8
    data = zlib.decompress(b"".join(data for kind, data in chunks(png) if kind == b"IDAT"))
    stride, before, rows = width * channels, bytearray(width * channels), []
    for number in range(height):
        start = number * (stride + 1)
        row = unfiltered(data[start], bytearray(data[start + 1 : start + 1 + stride]), before, channels)
        rows.append([bytes(row[at : at + 3]) for at in range(0, stride, channels)])
        before = row
    return width, rows


def unfiltered(kind: int, row: bytearray, before: bytearray, channels: int) -> bytearray:
    for at, value in enumerate(row):
        left = row[at - channels] if at >= channels else 0
        above = before[at]
        corner = before[at - channels] if at >= channels else 0
        if kind == 1:
            value += left
        elif kind == 2:
            value += above
        elif kind == 3:
            value += (left + above) // 2
        elif kind == 4:
            guess = left + above - corner
            distances = abs(guess - left), abs(guess - above), abs(guess - corner)
            value += (left, above, corner)[distances.index(min(distances))]
        row[at] = value & 255
    return row


def reduced(png: bytes) -> bytes:
    """The picture with a palette of its 256 most frequent colors; other colors become the nearest of them."""
    width, rows = pixels(png)
    palette = [color for color, _ in Counter(color for row in rows for color in row).most_common(256)]
    codes = {color: code for code, color in enumerate(palette)}

    def code(color: bytes) -> int:
        if color not in codes:
            distance = lambda known: sum((one - other) ** 2 for one, other in zip(known, color))
            codes[color] = min(range(len(palette)), key=lambda number: distance(palette[number]))
        return codes[color]

    lines = b"".join(b"\0" + bytes(code(color) for color in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    written = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    program, wanted = sys.argv[1], sys.argv[2:]
    for name, scenario, page, width, height, is_dark in PICTURES:
        if wanted and name not in wanted:
            continue
        port = free_port()
        command = [program, "serve", "--port", str(port), "--scenario", str(SCENARIOS / scenario)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address)
            png = reduced(screenshot(f"{address}/_emulator/ui/{page}", width, height, is_dark))
        finally:
            server.terminate()
            server.wait()
        file = FOLDER / f"{name}.png"
        file.write_bytes(png)
        print(f"{file.name}: {len(png):,} bytes")


if __name__ == "__main__":
    main()
