"""Clients of boto3 for an emulator, which read nothing of the person's AWS settings."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Mapping
from typing import Any, Callable

from ._control import TEST_HEADER

SECRET = "x"

# Settings of botocore that do not change what a call does: the folders of its models, and the certificates it trusts.
_READ = ("data_path", "ca_bundle")


def _hermetic() -> dict[str, tuple[None, None, Any, Any]]:
    """The settings of a session, with the default values of botocore instead of those of variables and files."""
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as SETTINGS

    settings = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in SETTINGS.items()
        if name not in _READ
    }
    for name in ("config_file", "credentials_file"):
        settings[name] = (None, None, os.devnull, None)
    return settings


class _Kept:
    """What a process keeps: the loader of botocore, which parses the models, and a session for all clients."""

    def __init__(self) -> None:
        self.process = os.getpid()
        # Clients may not be created by two threads at once.
        self.lock = threading.Lock()
        self._loader: Any = None
        # Registering the handlers of botocore takes most of the time of a new session.
        self._handlers: list[Any] = []
        self._emitter: Any = None
        self._session: Any = None

    def session(self) -> Any:
        """The session of boto3 that creates the clients of this package. The lock must be held."""
        if self._session is None:
            self._session = self.new_session(_hermetic())
        return self._session

    def new_session(self, variables: Mapping[str, Any] | None = None) -> Any:
        """A new session of boto3, with the loader and copies of the handlers. The lock must be held."""
        import boto3
        import botocore.handlers
        import botocore.hooks
        import botocore.loaders
        import botocore.session

        # moto adds a handler when it is imported.
        handlers = list(botocore.handlers.BUILTIN_HANDLERS)
        if self._handlers != handlers:
            self._emitter = botocore.hooks.HierarchicalEmitter()
            botocore.session.Session(event_hooks=self._emitter)
            self._handlers = handlers
        session = botocore.session.Session(
            variables, event_hooks=copy.copy(self._emitter), include_builtin_handlers=False
        )
        if self._loader is None:
            self._loader = botocore.loaders.create_loader(session.get_config_variable("data_path"))
        session.register_component("data_loader", self._loader)
        created = boto3.Session(botocore_session=session)
        # Each session appends the folder of boto3.
        self._loader.search_paths[:] = dict.fromkeys(self._loader.search_paths)
        return created


_kept = _Kept()


def kept() -> _Kept:
    """The state of this process. A child process of a fork does not use that of its parent."""
    global _kept
    if _kept.process != os.getpid():
        _kept = _Kept()
    return _kept


class Clients:
    """The clients of an emulator by service, account and Region."""

    def __init__(self, endpoint: str, tag: Callable[[], str | None]) -> None:
        self._endpoint = endpoint
        self._tag = tag
        self._process = os.getpid()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def get(self, service: str, account: str, region: str, options: Mapping[str, Any]) -> Any:
        """A client; always the same one unless there are options."""
        if self._process != os.getpid():
            self._process, self._clients = os.getpid(), {}
        if options:
            return self._new(service, account, region, options)
        key = (service, account, region)
        if key not in self._clients:
            # Another thread may have added one meanwhile, which is then the client of both.
            self._clients.setdefault(key, self._new(service, account, region, {}))
        return self._clients[key]

    def _new(self, service: str, account: str, region: str, options: Mapping[str, Any]) -> Any:
        try:
            import boto3  # noqa: F401
            from botocore.config import Config
        except ModuleNotFoundError as error:
            message = f'{error}; clients need boto3: install it with `pip install "securityhub-local[boto3]"`'
            raise ModuleNotFoundError(message, name=error.name) from None

        # A proxy of the environment does not reach this machine.
        config = Config(proxies={})
        arguments = {
            "endpoint_url": self._endpoint,
            "aws_access_key_id": account,
            "aws_secret_access_key": SECRET,
            **options,
            "region_name": region,
            "config": config.merge(options["config"]) if options.get("config") else config,
        }
        state = kept()
        with state.lock:
            client = state.session().client(service, **arguments)
        client.meta.events.register("before-call", self._add_tag)
        return client

    def _add_tag(self, params: Mapping[str, Any], **_: Any) -> None:
        tag = self._tag()
        if tag is not None:
            params["headers"][TEST_HEADER] = tag
