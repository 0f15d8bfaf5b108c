"""The program and a moto server, as processes, and a lightweight client: a socket that sends prepared bytes."""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

NOW = "2026-01-31T00:00:00Z"
START_SECONDS = 60


def account(number):
    """The ID of an account; number 0 is the administrator."""
    return f"{100_000_000_000 + number:012}"


def request(method, path, caller, body=b""):
    """A request of an account, with a realistic signature."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: AWS4-HMAC-SHA256 "
        f"Credential={caller}/20260131/us-east-1/securityhub/aws4_request, SignedHeaders=host;x-amz-date, "
        f"Signature={'0123456789abcdef' * 4}\r\nx-amz-date: 20260131T000000Z\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def call(method, path, caller, **members):
    """A request with a JSON body."""
    return request(method, path, caller, json.dumps(members).encode() if members else b"")


class Connection:
    """A connection that stays open until the server closes it."""

    LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
    CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)

    def __init__(self, port):
        self.address = ("127.0.0.1", port)
        self.socket = None
        self.buffer = bytearray(16 * 1024 * 1024)

    def send(self, request):
        """Sends a request and returns the length of the first part of the response; 0 if the server had closed the
        connection."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(request)
            return self.socket.recv_into(self.buffer)
        except ConnectionError:
            return 0

    def ask(self, request):
        """Sends a request that must succeed and returns the body of the response, which the next request overwrites."""
        is_new = self.socket is None
        read = self.send(request)
        if not read and not is_new:
            # A server closes a connection that was idle while the other servers were filled or queried.
            self.socket = None
            read = self.send(request)
        view, filled, start, end = memoryview(self.buffer), 0, 0, None
        while end is None or filled < end:
            read = read if filled == 0 else self.socket.recv_into(view[filled:])
            assert read > 0, "the server closed the connection"
            filled += read
            if end is None and (at := self.buffer.find(b"\r\n\r\n", 0, filled)) >= 0:
                head = bytes(view[:at])
                start = at + 4
                end = start + int(self.LENGTH.search(head)[1])
        assert head.startswith(b"HTTP/1.1 200") or head.startswith(b"HTTP/1.0 200"), bytes(view[:filled][:2000])
        if self.CLOSES.search(head) or head.startswith(b"HTTP/1.0"):
            self.socket.close()
            self.socket = None
        return view[start:end]

    def ask_json(self, request):
        return json.loads(bytes(self.ask(request)))


@contextlib.contextmanager
def program(binary, members):
    """The program with an administrator and its members, on a free port; yields a connection to it."""
    with tempfile.TemporaryDirectory() as folder:
        scenario, port = pathlib.Path(folder, "scenario.yaml"), pathlib.Path(folder, "port")
        enabled = "".join(f'      "{account(number)}": enabled\n' for number in range(1, members + 1))
        scenario.write_text(
            f"clock: {{ now: {NOW}, frozen: true }}\nregions: [us-east-1]\nhubs:\n"
            f'  - account: "{account(0)}"\n    regions: all\n' + (f"    members:\n{enabled}" if members else "")
        )
        command = [binary, "serve", "--port", "0", "--port-file", port, "--scenario", scenario]
        with running(command, port.exists, subprocess.DEVNULL):
            yield Connection(int(port.read_text()))


@contextlib.contextmanager
def moto():
    """A server of moto with nothing in it, on a free port; yields a connection to it."""
    with tempfile.NamedTemporaryFile() as log:
        address = re.compile(rb"http://127\.0\.0\.1:(\d+)")
        found = lambda: address.search(pathlib.Path(log.name).read_bytes())
        command = [pathlib.Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", "0"]
        with running(command, found, log):
            yield Connection(int(found()[1]))


@contextlib.contextmanager
def running(command, is_ready, output):
    """A process that ends with the block, which begins when it is ready."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        end = time.monotonic() + START_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} did not start (exit code {process.returncode})")
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()


def bodies(binary, first, last, count):
    """Bodies of BatchImportFindings with `count` findings of the accounts `first` to `last`: pairs of account and
    body."""
    accounts = ",".join(account(number) for number in range(first, last + 1))
    command = [binary, "generate", "--product", "all", "--private-product", "--format", "import", "--now", NOW]
    command += ["--count", str(count), "--account", accounts]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for body in process.stdout:
            owner = re.search(rb'"AwsAccountId":"(\d{12})"', body)[1].decode()
            yield owner, body.rstrip()
    assert process.returncode == 0, "the generator failed"


def call_of(owner, body):
    """The call that imports a body."""
    return request("POST", "/findings/import", owner, body)
