"""An emulator that does not answer is an error that names its URL and what has happened to it."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Callable

import pytest

from securityhub_local import Emulator, EmulatorNotFound, connect, start


class Other(BaseHTTPRequestHandler):
    """A web server that is not an emulator."""

    def do_GET(self) -> None:
        body = b'{"status": "ok"}' if self.server.server_name == "json" else b"<h1>Welcome</h1>"
        self.send_response(200)
        self.send_header("content-type", "application/json" if body.startswith(b"{") else "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@pytest.fixture
def other() -> Iterator[HTTPServer]:
    """A running web server."""
    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


# Rules: DST-24.
def test_connect_fails_if_nothing_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(EmulatorNotFound, match=f"^no emulator answers at {endpoint}: .*refused") as caught:
        connect(endpoint + "/")
    assert caught.value.endpoint == endpoint
    assert isinstance(caught.value, ConnectionError)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.endpoint) == (str(caught.value), endpoint)
    with pytest.raises(EmulatorNotFound, match=r"^no emulator answers at http://nowhere\.invalid: "):
        connect("http://nowhere.invalid")


# Rules: DST-24.
@pytest.mark.parametrize(("name", "found"), [("json", '{"status": "ok"}'), ("html", "<h1>Welcome</h1>")])
def test_connect_fails_if_another_server_answers(other: HTTPServer, name: str, found: str) -> None:
    other.server_name = name
    endpoint = f"http://127.0.0.1:{other.server_port}"
    message = f"the server at {endpoint} is not an emulator: GET /_emulator/health returned {found}"
    with pytest.raises(EmulatorNotFound) as caught:
        connect(endpoint)
    assert str(caught.value) == message


# Rules: DST-24.
def test_connect_fails_if_the_server_does_not_know_the_call(other: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Other, "do_GET")
    with pytest.raises(EmulatorNotFound, match="is not an emulator: GET /_emulator/health returned 501: "):
        connect(f"http://127.0.0.1:{other.server_port}")


# Rules: DST-24.
def test_a_stopped_emulator_is_an_error() -> None:
    with start() as hub:
        client = connect(hub.endpoint)
    with pytest.raises(EmulatorNotFound) as caught:
        hub.reset()
    assert str(caught.value) == f"no emulator answers at {hub.endpoint}: it was stopped"
    with pytest.raises(EmulatorNotFound, match=f"^no emulator answers at {hub.endpoint}: .*refused"):
        client.reset()


def kill(hub: Emulator) -> None:
    assert hub.pid is not None
    os.kill(hub.pid, signal.SIGKILL)


# Rules: DST-24.
@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("is_connected", [True, False])
def test_the_error_of_a_killed_emulator_has_its_exit_code_and_its_log(is_connected: bool) -> None:
    with start("builtin:quickstart", args=["--log-level", "info"]) as hub:
        if is_connected:
            hub.reset()
        hub.client().describe_hub()
        kill(hub)
        for _ in range(2):
            with pytest.raises(EmulatorNotFound, match="DescribeHub") as caught:
                hub.reset()
            assert str(caught.value).startswith(
                f"no emulator answers at {hub.endpoint}: it has ended with exit code -9\n"
            )


# Rules: DST-26.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork of Unix")
def test_a_forked_child_does_not_say_that_the_emulator_has_ended(python: Callable[..., list[str]]) -> None:
    text = """
import os
from securityhub_local import EmulatorNotFound, start

hub = start()
child = os.fork()
if child == 0:
    assert hub._process.exit_code() is None
    assert hub._process.ending() is None
    hub.reset()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run(python(text), check=True)
