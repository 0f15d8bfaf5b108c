"""Finds and runs the cases of a file."""

import inspect


def cases_of(members, *others):
    """The functions of a module that take no arguments, by name and in order, except for `others`."""
    found = [(name, member) for name, member in members.items() if inspect.isfunction(member)]
    found = [(name, case) for name, case in found if case.__module__ == members["__name__"] and name not in others]
    return [(name, case) for name, case in found if not inspect.signature(case).parameters]


def run(members):
    """Runs the cases of a module; the first one that fails ends the run."""
    cases = cases_of(members, "main")
    for name, case in cases:
        case()
        print(name, flush=True)
    print(f"{len(cases)} passed, 0 failed")
