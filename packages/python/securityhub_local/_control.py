"""Calls of the control plane, over connections that are kept open."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Callable
from urllib.parse import quote, urlencode, urlsplit

PREFIX = "/_emulator/"
TEST_HEADER = "x-emulator-test"
# More than the maximum duration of a call with `wait`, which is 60 seconds.
_TIMEOUT = 120.0
# Time for the first answer of a server that may not be an emulator.
_FIRST_TIMEOUT = 10.0


class ControlError(RuntimeError):
    """A call of the control plane was refused: ``status``, ``message`` and the whole ``body`` of the response."""

    def __init__(self, status: int, message: str, body: Any = None) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.body = body

    # By default, an exception is unpickled with its message as the only argument.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.message, self.body)


class EmulatorNotFound(ConnectionError):
    """No emulator answers at a URL, which is ``endpoint``. The text says why."""

    def __init__(self, message: str, endpoint: str) -> None:
        super().__init__(message)
        self.message = message
        self.endpoint = endpoint

    # By default, an exception is unpickled with its message as the only argument.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.endpoint)


class Control:
    """The control plane of an emulator. It can be used by several threads, and after a fork."""

    def __init__(
        self,
        endpoint: str,
        tag: Callable[[], str | None] = lambda: None,
        ending: Callable[[], str | None] = lambda: None,
        timeout: float = _TIMEOUT,
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"'{endpoint}' is not an endpoint (expected a URL such as http://127.0.0.1:4600)")
        self._endpoint = endpoint
        self._ending = ending
        self._timeout = timeout
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self._is_secure = parts.scheme == "https"
        self._tag = tag
        # Each thread takes a connection out of the list while it uses it, so that a call that waits blocks no other.
        self._idle: list[http.client.HTTPConnection] = []
        self._process = os.getpid()

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Sends a call and returns its response: the value of JSON, or text.

        Raises:
            ControlError: if the emulator refuses the call.
            EmulatorNotFound: if it does not answer.
        """
        target = path if path.startswith("/") else PREFIX + path
        encoded = encode(query or {})
        if encoded:
            target += ("&" if "?" in target else "?") + encoded
        headers = {} if self._tag() is None else {TEST_HEADER: str(self._tag())}
        status, media_type, data = self._send(method, target, _bytes(body), headers)
        text = data.decode("utf-8", "replace")
        answer = json.loads(text) if "json" in media_type else text
        if status >= 400:
            message = answer.get("Message") if isinstance(answer, dict) else None
            raise ControlError(status, str(message or text.strip()), answer)
        return answer

    def close(self) -> None:
        """Closes the connections."""
        while self._idle:
            self._idle.pop().close()

    def _send(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        connection, is_new = self._connection()
        while True:
            try:
                connection.request(method, target, body, dict(headers))
                response = connection.getresponse()
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # The server closes idle connections. It has then not received the call.
                if is_new or not isinstance(error, (ConnectionError, http.client.BadStatusLine)):
                    reason = self._ending() or error
                    message = f"no emulator answers at {self._endpoint}: {reason}"
                    raise EmulatorNotFound(message, self._endpoint) from None
                connection, is_new = self._new(), True
            except BaseException:
                connection.close()
                raise
            else:
                break
        if not response.will_close:
            self._idle.append(connection)
        return response.status, response.headers.get("content-type", ""), data

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it is new."""
        if self._process != os.getpid():
            # The connections belong to the parent process.
            self._idle, self._process = [], os.getpid()
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._new(), True
            if _is_open(connection, self._timeout):
                return connection, False
            connection.close()

    def _new(self) -> http.client.HTTPConnection:
        if self._is_secure:
            context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
            return http.client.HTTPSConnection(self.host, self.port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(self.host, self.port, timeout=self._timeout)


def version_at(endpoint: str) -> str:
    """The version of the emulator at a URL.

    Raises:
        EmulatorNotFound: if nothing answers, or a server that is not an emulator.
    """
    control = Control(endpoint, timeout=_FIRST_TIMEOUT)
    try:
        found = control.call("GET", "health")
    except ControlError as error:
        found = error
    except ValueError as error:
        found = f"invalid JSON: {error}"
    finally:
        control.close()
    if isinstance(found, dict) and "version" in found:
        return str(found["version"])
    text = (json.dumps(found) if isinstance(found, dict) else str(found))[:200]
    message = f"the server at {endpoint} is not an emulator: GET {PREFIX}health returned {text}"
    raise EmulatorNotFound(message, endpoint)


def encode(query: Mapping[str, Any]) -> str:
    """The query string of parameters: ``detail_type`` stands for ``detail-type``, and None for no parameter."""
    present = {name.replace("_", "-"): value for name, value in query.items() if value is not None}
    return urlencode({name: parameter(name, value) for name, value in present.items()}, quote_via=quote)


def parameter(name: str, value: Any) -> str:
    """The text of a parameter."""
    if isinstance(value, timedelta):
        return duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if name == "wait" and isinstance(value, (int, float)):
        return duration(timedelta(seconds=value))
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def duration(value: timedelta) -> str:
    """The text of a duration, such as ``1500ms``."""
    return f"{value // timedelta(milliseconds=1)}ms"


def segment(name: str) -> str:
    """A name as a segment of a path."""
    return quote(name, safe="")


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _is_open(connection: http.client.HTTPConnection, timeout: float) -> bool:
    """Whether the server has not closed an idle connection."""
    sock: socket.socket | None = connection.sock
    if sock is None:
        return False
    if isinstance(sock, ssl.SSLSocket):
        return True  # an error of the next call shows whether it is
    try:
        sock.settimeout(0)
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(timeout)
    return False
