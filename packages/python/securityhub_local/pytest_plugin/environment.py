"""The environment of a test: AWS clients of the code under test call the emulator."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

# Variables that would select other credentials, or change how often calls are repeated and how they are signed.
_UNSET = (
    "AWS_ACCOUNT_ID",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULTS_MODE",
    "AWS_DEFAULT_PROFILE",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_RETRY_MODE",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_SIGV4A_SIGNING_REGION_SET",
)
_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def prepare(patch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Sets the variables, and gives boto3 a default session that uses them."""
    for name in _UNSET:
        patch.delenv(name, raising=False)
    for name, value in variables.items():
        patch.setenv(name, value)
    if any(os.environ.get(name) for name in _PROXIES):
        _bypass_proxies(patch, variables["AWS_ENDPOINT_URL_SECURITYHUB"])
    _replace_default_session(patch)


def _bypass_proxies(patch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Connects to the emulator directly, since a proxy may not reach this machine."""
    host = urlsplit(endpoint).hostname or ""
    for name in ("NO_PROXY", "no_proxy"):
        patch.setenv(name, ",".join(filter(None, [os.environ.get(name), host])))


def _replace_default_session(patch: pytest.MonkeyPatch) -> None:
    """Replaces the default session of boto3, which keeps the first credentials that it finds.

    The new one is only created if the code under test uses it.
    """
    boto3: Any = sys.modules.get("boto3")
    if boto3 is None:
        return
    original = boto3.setup_default_session

    def setup_default_session(**arguments: Any) -> None:
        if arguments:
            original(**arguments)
        else:
            from .._clients import kept

            state = kept()
            with state.lock:
                boto3.DEFAULT_SESSION = state.new_session()

    patch.setattr(boto3, "DEFAULT_SESSION", None)
    patch.setattr(boto3, "setup_default_session", setup_default_session)


def forget_default_session() -> None:
    """Removes a default session that was created during a test that has imported boto3."""
    boto3: Any = sys.modules.get("boto3")
    if boto3 is not None:
        boto3.DEFAULT_SESSION = None
