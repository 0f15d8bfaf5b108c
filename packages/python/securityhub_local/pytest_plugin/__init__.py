"""The pytest plugin: fixtures with an emulator, and the calls of a failed test in its report.

pytest imports this module in every run. Other modules are imported when a fixture is requested.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Callable

import pytest

from .marker import MARKER, Marker, check, marker_of

if TYPE_CHECKING:
    from .._accounts import Account
    from .._emulator import Emulator
    from .pool import Pool
    from .use import Use

#: The emulator that a test uses, for its report.
USE: pytest.StashKey[Use] = pytest.StashKey()

_DEFAULT_SCENARIO = "builtin:quickstart"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("securityhub-local", "emulator of AWS Security Hub")
    group.addoption(
        "--securityhub-endpoint",
        metavar="URL",
        help="use an emulator that runs already instead of starting one, such as http://127.0.0.1:4600",
    )
    parser.addini(
        "securityhub_scenario",
        f"scenario of the fixtures: builtin:NAME, or a path relative to this file (default: {_DEFAULT_SCENARIO})",
        default=_DEFAULT_SCENARIO,
    )
    parser.addini(
        "securityhub_journal",
        "number of calls in the report of a failed test, at most 1000; 0 turns it off (default: 20)",
        default="20",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: settings of the fixtures of securityhub-local")
    _journal_limit(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _is_worker(config):
        check(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    # An error during the collection of a worker of pytest-xdist would be an internal error of pytest.
    if _is_worker(item.config):
        check([item])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    use = item.stash.get(USE, None)
    if use is None:
        return
    report = outcome.get_result()
    limit = _journal_limit(item.config)
    if report.failed and limit > 0:
        from .report import journal

        report.sections.append(("securityhub-local", journal(use, limit)))


@pytest.fixture(scope="session")
def _securityhub_pool() -> Iterator[Pool]:
    """The emulators of scenarios that markers name."""
    from .pool import Pool

    pool = Pool()
    try:
        yield pool
    finally:
        pool.stop()


@pytest.fixture(scope="session")
def securityhub_server(pytestconfig: pytest.Config, _securityhub_pool: Pool) -> Emulator:
    """The emulator of this session, or of this worker of pytest-xdist.

    Its scenario is the setting ``securityhub_scenario``. With ``--securityhub-endpoint``, it is one that runs already.
    """
    return _securityhub_pool.server(pytestconfig)


@pytest.fixture
def _securityhub_reset(request: pytest.FixtureRequest) -> Emulator:
    """The emulator of a test, as at the start of its scenario."""
    emulator = _emulator(request, marker_of(request.node))
    emulator.reset()
    return emulator


@pytest.fixture
def securityhub(request: pytest.FixtureRequest, _securityhub_reset: Emulator) -> Iterator[Emulator]:
    """An emulator as at the start of its scenario. AWS clients of this process call it as 111111111111 in us-east-1."""
    from .._emulator import DEFAULT_ACCOUNT
    from .use import Use

    marker = marker_of(request.node)
    account = marker.account or DEFAULT_ACCOUNT
    with Use(request.node, _securityhub_reset, account, account, marker.region, is_alone=True) as use:
        request.node.stash[USE] = use
        yield _securityhub_reset


@pytest.fixture
def securityhub_account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """A fresh account with Security Hub, as which AWS clients of this process call. Nothing is reset.

    Tests that only use fresh accounts can share an emulator, also with other processes.
    """
    from .._emulator import DEFAULT_ACCOUNT
    from .use import Use

    marker = marker_of(request.node)
    # If the test also uses `securityhub`, the reset comes first, because it removes the hub of the account. Clients of
    # `securityhub` then keep their own account.
    is_reset = "securityhub" in request.fixturenames
    emulator = request.getfixturevalue("_securityhub_reset") if is_reset else _emulator(request, marker)
    account = emulator.account(marker.account, hub=marker.hub, regions=[marker.region])
    default = marker.account or DEFAULT_ACCOUNT if is_reset else account.id
    with Use(request.node, emulator, account.id, default, marker.region, is_alone=is_reset) as use:
        request.node.stash[USE] = use
        yield account


@pytest.fixture
def make_securityhub() -> Iterator[Callable[..., Emulator]]:
    """Starts further emulators, with the arguments of ``securityhub_local.start``. They are stopped after the test."""
    from .._emulator import start

    started: list[Emulator] = []

    def make(scenario: Any | None = None, **arguments: Any) -> Emulator:
        started.append(start(scenario, **arguments))
        return started[-1]

    try:
        yield make
    finally:
        for emulator in started:
            emulator.stop()


def _journal_limit(config: pytest.Config) -> int:
    """The number of calls in the report of a failed test."""
    text = config.getini("securityhub_journal")
    if not text.isdecimal():
        raise pytest.UsageError(f"securityhub_journal is '{text}'; expected a number of calls, such as 20")
    return int(text)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _emulator(request: pytest.FixtureRequest, marker: Marker) -> Emulator:
    """The emulator of a test: one of the session's for its scenario and its clock."""
    pool: Pool = request.getfixturevalue("_securityhub_pool")
    if marker.scenario is None and marker.clock is None:
        return pool.running(request.getfixturevalue("securityhub_server"))
    if request.config.getoption("securityhub_endpoint"):
        pytest.fail(
            "this test needs a separate emulator, because its marker securityhub has a scenario or a clock; "
            "run it without --securityhub-endpoint",
            pytrace=False,
        )
    from .pool import default_scenario

    scenario = default_scenario(request.config) if marker.scenario is None else marker.scenario
    return pool.emulator(scenario, marker.clock, request.path.parent)
