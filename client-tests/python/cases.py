"""Shared by the files with cases: finds and runs their cases, and expects errors."""

import inspect
import sys
import traceback

import botocore.exceptions


def cases_of(members, *others):
    """The functions of a module that take no arguments, by name and in order, except for `others`."""
    found = [(name, member) for name, member in members.items() if inspect.isfunction(member)]
    found = [(name, case) for name, case in found if case.__module__ == members["__name__"] and name not in others]
    return [(name, case) for name, case in found if not inspect.signature(case).parameters]


def run(members):
    """Runs the cases of a module; the first one that fails ends the run."""
    cases = cases_of(members, "main")
    assert cases, "the file has no cases"
    for name, case in cases:
        try:
            case()
        except Exception:  # noqa: BLE001: any error is reported with its case
            traceback.print_exc()
            sys.exit(f"FAILED {name}")
        print(name, flush=True)
    print(f"{len(cases)} passed, 0 failed")


def refused(code, call, **arguments):
    """Calls, expects this error, and returns its message and status."""
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"expected {code}, got {answer}")
