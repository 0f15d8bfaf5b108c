"""An emulator: a process that this package has started, or one that runs elsewhere."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from . import _scenario
from ._accounts import IDS, Account, checked
from ._binary import find_binary
from ._check import expect, strings
from ._clients import SECRET, Clients
from ._control import Control, ControlError, parameter, version_at
from ._parts import Clock, Faults, Snapshots
from ._process import Process, launch
from ._scenario import Scenario

DEFAULT_ACCOUNT = "111111111111"
DEFAULT_REGION = "us-east-1"
# Maximum number of events or calls in a response.
PAGE = 1000
# The members of a verification by the names of the parameters of `requests`.
_VERIFIED = {
    "account": "Account",
    "region": "Region",
    "service": "Service",
    "status": "Status",
    "error": "ErrorCode",
    "test": "Test",
    "after": "After",
    "wait": "Wait",
}


def start(
    scenario: Scenario | None = None,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    clock: str | datetime | None = None,
    args: Sequence[str] = (),
    binary: str | os.PathLike[str] | None = None,
    timeout: float = 10.0,
) -> Emulator:
    """Starts an emulator, which ends with this process at the latest.

    Args:
        scenario: a path, ``builtin:NAME`` for a built-in scenario, a dict, or a list of these, of which later ones
            extend earlier ones. Without a scenario, the emulator is empty.
        port: the port; 0 selects a free one.
        host: the address to listen on.
        clock: a time at which the clock stands still, instead of the clock of the scenario.
        args: further arguments of ``securityhub-local serve``.
        binary: the program, if it is not the one that `find_binary` finds.
        timeout: maximum time to wait until it is ready, in seconds.

    Raises:
        BinaryNotFound: if the program is not installed.
        StartError: if it does not start. The text names all errors of the scenario.
        TypeError: if an argument has the wrong type.
    """
    expect("port", port, int, "a number")
    expect("host", host, str, "a string")
    expect("timeout", timeout, (int, float), "a number of seconds")
    further = strings("args", args)
    program = find_binary(binary)
    # The files are read before the program is ready.
    with tempfile.TemporaryDirectory(prefix="securityhub-local-") as name:
        folder = Path(name)
        scenarios = _scenario.arguments(scenario, clock, folder)
        arguments = ["--host", host, "--port", str(port), *scenarios, *further]
        process, port = launch(program, arguments, folder, timeout)
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    address = f"[{reachable}]" if ":" in reachable else reachable
    return Emulator(f"http://{address}:{port}", process)


def connect(endpoint: str) -> Emulator:
    """An emulator that runs already. Other clients may use it, so the IDs of fresh accounts are random.

    Raises:
        EmulatorNotFound: if no emulator answers at the URL.
    """
    expect("endpoint", endpoint, str, "a string")
    url = endpoint.rstrip("/")
    version = version_at(url)
    emulator = Emulator(url, None)
    emulator._version = version
    return emulator


class Emulator:
    """A running emulator.

    Its methods raise `ControlError` if the emulator refuses a call, and `EmulatorNotFound` if it does not answer. It
    may be used by several threads. In a ``with`` statement, it is stopped at the end.
    """

    def __init__(self, endpoint: str, process: Process | None) -> None:
        #: The URL for AWS clients.
        self.endpoint = endpoint
        self._process = process
        self._account = DEFAULT_ACCOUNT
        self._region = DEFAULT_REGION
        # The tag of the calls of a test.
        self._tag: str | None = None
        self._version: str | None = None
        self._control = Control(endpoint, self._current_tag, process.ending if process else lambda: None)
        self._clients = Clients(endpoint, self._current_tag)
        #: The clock: ``now()``, ``advance(duration)`` and ``set(time)``.
        self.clock = Clock(self._control)
        #: Rules that make calls fail or slow them down: ``add(rule)``, ``list()`` and ``clear()``.
        self.faults = Faults(self._control)
        #: Named states: ``save(name)``, ``restore(name)``, ``diff(a, b)``, ``list()`` and ``delete(name)``.
        self.snapshots = Snapshots(self._control)

    @property
    def port(self) -> int:
        """The port."""
        return self._control.port

    @property
    def pid(self) -> int | None:
        """The ID of the process; None if this package has not started it."""
        return self._process.pid if self._process else None

    @property
    def version(self) -> str:
        """The version of the program."""
        if self._version is None:
            self._version = str(self._control.call("GET", "health")["version"])
        return self._version

    def account(
        self, id: str | Account | None = None, *, hub: bool = False, regions: Sequence[str] = (DEFAULT_REGION,)
    ) -> Account:
        """An account; without an ID, one that has not been used before. With ``hub``, Security Hub is enabled."""
        number = IDS.next(is_shared=self._process is None) if id is None else checked(id)
        account = Account(self, number)
        regions = strings("regions", regions)
        if hub:
            account.enable(regions)
        return account

    def client(
        self,
        service: str = "securityhub",
        *,
        account: str | Account | None = None,
        region: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """A boto3 client of an account in a Region; of 111111111111 in us-east-1 by default.

        It reads neither ``~/.aws`` nor ``AWS_PROFILE``. The same arguments return the same client, unless there are
        further ones, which boto3 gets.
        """
        return self._clients.get(service, self._id(account), region or self._region, kwargs)

    def env(self, account: str | Account | None = None, region: str | None = None) -> dict[str, str]:
        """The variables with which AWS clients of other processes call the emulator.

        A process that gets them must not have ``AWS_PROFILE`` or ``AWS_SESSION_TOKEN``. Its ``AWS_MAX_ATTEMPTS`` and
        ``AWS_RETRY_MODE`` still apply.
        """
        variables = {
            "AWS_ENDPOINT_URL_SECURITYHUB": self.endpoint,
            "AWS_ACCESS_KEY_ID": self._id(account),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": region or self._region,
            "AWS_REGION": region or self._region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # With one of these, clients do not use the endpoint or refuse it.
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_USE_FIPS_ENDPOINT": "false",
            "AWS_USE_DUALSTACK_ENDPOINT": "false",
        }
        return variables if self._tag is None else {**variables, "AWS_SDK_UA_APP_ID": self._tag}

    def reset(self, to: str | None = None) -> None:
        """Returns to the start of the scenario, or to an empty state with ``to="empty"``.

        This also removes events, recorded calls and added faults, and moves the clock back.
        """
        self._control.call("POST", "reset", query={"to": to})

    def events(self, **query: Any) -> list[dict[str, Any]]:
        """The events that EventBridge has received, oldest first.

        Args:
            query: the parameters of ``GET /_emulator/events``: ``account``, ``region``, ``detail_type``, ``pattern`` (a
                dict), ``test``, ``after``, ``limit``, and ``count`` with ``wait`` (seconds). With ``limit``, ``count``
                or ``wait``, one page is returned, which has at most 100 events unless ``limit`` is higher.
        """
        return self._pages("events", "Events", query)

    def requests(self, **query: Any) -> list[dict[str, Any]]:
        """The recorded calls, oldest first.

        Args:
            query: the parameters of ``GET /_emulator/requests``: ``operation``, ``account``, ``region``, ``service``,
                ``status``, ``error``, ``test``, ``fault``, ``match`` (a dict), ``after``, ``limit``, ``newest``, and
                ``wait`` (seconds) for ``count`` calls. With ``limit``, ``newest`` or ``wait``, one page is returned,
                which has at most 100 calls unless ``limit`` is higher.
        """
        return self._pages("requests", "Requests", query)

    def verify(
        self, operation: str, match: Any = None, min: int | None = None, max: int | None = None, **query: Any
    ) -> int:
        """Verifies that an operation was called with an input that matches, and returns how often.

        Args:
            operation: its name, or the beginning of its name followed by ``*``.
            match: a part of the input, as in ``{"Workflow": {"Status": "NOTIFIED"}}``.
            min: the minimum number of calls; 1, or 0 if ``max`` is 0.
            max: the maximum number of calls.
            query: further parameters: ``account``, ``region``, ``service``, ``status``, ``error``, ``test``, ``after``,
                and ``wait`` (seconds).

        Raises:
            AssertionError: if there are fewer or more calls; it names the calls with the fewest differences.
        """
        __tracebackhide__ = True
        if unknown := sorted(query.keys() - _VERIFIED.keys()):
            raise TypeError(f"verify() has no parameter {unknown[0]!r}; expected one of {', '.join(_VERIFIED)}")
        least = min if min is not None else int(max is None or max > 0)
        members = {_VERIFIED[name]: value for name, value in query.items() if value is not None}
        if "Account" in members:
            members["Account"] = str(members["Account"])
        if "Wait" in members:
            members["Wait"] = parameter("wait", members["Wait"])
        if match is not None:
            members["Match"] = match
        body = {"Operation": operation, "Times": {"Min": least, "Max": max}, **members}
        try:
            verified: int = self._control.call("POST", "requests/verify", body)["Count"]
        except ControlError as error:
            if error.status != 422:
                raise
            raise AssertionError(_unverified(error.body)) from None
        return verified

    def import_findings(self, findings: Sequence[Mapping[str, Any]]) -> int:
        """Imports findings as if their products had sent them, including AWS services. Returns their number.

        Raises:
            ControlError: if one of them is refused. The others are imported.
            TypeError: if the findings are not a list.
        """
        expect("findings", findings, (list, tuple), "a list of findings")
        answer = self._control.call("POST", "findings", list(findings))
        failed = answer["FailedFindings"]
        if failed:
            mistakes = "".join(f"\n  {finding['Id']}: {finding['ErrorMessage']}" for finding in failed)
            raise ControlError(200, f"{answer['FailedCount']} findings were refused:{mistakes}", answer)
        return int(answer["SuccessCount"])

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Makes any call of the control plane, such as ``call("GET", "status")``."""
        return self._control.call(method, path, body, query)

    def stop(self) -> None:
        """Stops the emulator, if this package has started it."""
        self._control.close()
        if self._process:
            self._process.stop()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Emulator({self.endpoint!r})"

    def _current_tag(self) -> str | None:
        return self._tag

    def _id(self, account: str | Account | None) -> str:
        return self._account if account is None else checked(account)

    def _enable(self, account: str, regions: Sequence[str]) -> None:
        """Enables Security Hub by a scenario, which is not a call that the journal records."""
        scenario = {"hubs": [{"account": account, "regions": strings("regions", regions)}]}
        self._control.call("PUT", "scenario", scenario, {"mode": "add"})

    def _pages(self, path: str, member: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All items, page by page; only one page with a limit, a wait, or the newest items first."""
        # False is the default of `newest`, and None means that a parameter is absent.
        parameters = {name: value for name, value in query.items() if value is not None and value is not False}
        is_limited = not parameters.keys().isdisjoint({"limit", "wait", "newest"})
        if not is_limited:
            parameters["limit"] = PAGE
        found: list[dict[str, Any]] = []
        while True:
            page = self._control.call("GET", path, query=parameters)
            found += page[member]
            if is_limited or not page.get("More", len(page[member]) == PAGE):
                return found
            parameters["after"] = page["Last"]

    @contextmanager
    def _as(self, account: str, region: str, tag: str) -> Iterator[None]:
        """Changes the defaults of clients and variables, and tags calls."""
        before = self._account, self._region, self._tag
        self._account, self._region, self._tag = account, region, tag
        try:
            yield
        finally:
            self._account, self._region, self._tag = before


def _unverified(answer: Mapping[str, Any]) -> str:
    """The text of a verification that failed."""
    lines = [str(answer["Message"])]
    for call in answer["Nearest"]:
        caller = f"{call['Account'] or '-'} in {call['Region'] or '-'}"
        lines.append(f"  call {call['Number']}: {call['Operation'] or '-'} of {caller}, status {call['Status'] or '-'}")
        for difference in call["Differences"]:
            found = json.dumps(difference["Actual"]) if "Actual" in difference else "nothing"
            lines.append(f"    {difference['Path']}: expected {json.dumps(difference['Expected'])}, found {found}")
    return "\n".join(lines)
