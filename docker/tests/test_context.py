"""The files that .dockerignore lets into the build of the image, as container engines read it."""

import fnmatch
import os
import pathlib
import sys

from conftest import REPOSITORY


def patterns():
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_let_in(path, patterns):
    """The last pattern that matches the path, or a folder that contains it, decides."""
    parts = path.split("/")
    names = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    decided = True
    for pattern in patterns:
        is_exception = pattern.startswith("!")
        pattern = pattern.lstrip("!")
        depth = pattern.count("/")
        # `*` does not match a slash.
        if any(name.count("/") == depth and fnmatch.fnmatchcase(name, pattern) for name in names):
            decided = is_exception
    return decided


def files():
    """The files of the repository that are let in."""
    known = patterns()
    for folder, below, names in os.walk(REPOSITORY):
        relative = pathlib.Path(folder).relative_to(REPOSITORY)
        below[:] = [name for name in below if name not in (".git", "target") or relative != pathlib.Path(".")]
        # A link to a folder is a file of the context.
        links = [name for name in below if (pathlib.Path(folder) / name).is_symlink()]
        for name in names + links:
            path = str(relative / name)
            if is_let_in(path, known):
                yield path


# Rules: DST-51
def test_only_what_the_build_reads_is_let_in():
    found = set(files())
    folders = {path.split("/")[0] for path in found}
    assert folders == {"Cargo.lock", "Cargo.toml", "LICENSE", "THIRD-PARTY-LICENSES.txt", "client-tests", "docker", "docs",
                       "emulator", "examples", "fixtures", "scenarios", "tests"}
    few = {path for path in found if path.startswith(("client-tests/", "tests/", "docs/", "docker/"))}
    assert all(path.startswith(("client-tests/src/", "tests/src/")) or path in {
        "client-tests/Cargo.toml", "tests/Cargo.toml", "docs/rules.tsv", "docs/fidelity.md", "docker/Dockerfile"
    } for path in few), few
    assert not any(path.startswith("emulator/benches/") for path in found)
    for needed in ("Cargo.lock", "emulator/src/main.rs", "fixtures/build.rs", "scenarios/quickstart.yaml", "LICENSE"):
        assert needed in found, needed


# Rules: DST-51
def test_the_last_pattern_decides():
    known = ["*", "!a", "a/b", "!*.toml"]
    assert is_let_in("a/c", known) and is_let_in("x.toml", known)
    assert not is_let_in("a/b/c", known) and not is_let_in("x", known) and not is_let_in("y/x.toml", known)


def copy(to):
    """Copies these files, and keeps what has not changed, so that cargo does not build it again."""
    found = set(files())
    for path in found:
        source, target = REPOSITORY / path, to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.unlink(missing_ok=True)
            target.symlink_to(source.readlink())
        elif not (target.is_file() and target.read_bytes() == source.read_bytes()):
            target.write_bytes(source.read_bytes())
    for path in [path for path in to.rglob("*") if path.is_symlink() or path.is_file()]:
        if str(path.relative_to(to)) not in found:
            path.unlink()


if __name__ == "__main__":
    copy(pathlib.Path(sys.argv[1]))
