"""The content of the image, built statically and run without a container engine (`container.py`)."""

import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time

import pytest

from conftest import REPOSITORY
from container import Container, is_allowed
from test_files import exec_form

# The goal is 10 MB. This limit only keeps the image from growing unnoticed.
MAX_BYTES = 13_000_000


@pytest.fixture(scope="session")
def static():
    """The program as the Dockerfile links it, from the files that .dockerignore lets in; `docker/check` builds it."""
    return pathlib.Path(os.environ["STATIC_BINARY"])


@pytest.fixture
def image(static, tmp_path):
    """A folder with the content of the image."""
    assert os.getuid() == 0, "chroot and namespaces need root"
    folder = tmp_path / "image"
    folder.mkdir()
    shutil.copy(static, folder / "securityhub-local")
    shutil.copytree(REPOSITORY / "scenarios", folder / "scenarios")
    (folder / "licenses").mkdir()
    for name in ("LICENSE", "THIRD-PARTY-LICENSES.txt"):
        shutil.copy(REPOSITORY / name, folder / "licenses")
    return folder


@pytest.fixture
def start(image):
    started = []

    def start(command=None):
        if not is_allowed():
            pytest.skip("this machine does not allow namespaces and mounts")
        started.append(Container(image, command))
        return started[-1]

    yield start
    for container in started:
        container.close()


# Rules: DST-18
def test_the_program_is_static(static):
    printed = subprocess.run(["ldd", static], capture_output=True, text=True)
    assert "statically linked" in printed.stdout or "not a dynamic executable" in printed.stderr, printed
    assert subprocess.run([static, "version"], capture_output=True, text=True).stdout.startswith("securityhub-local ")


# Rules: DST-18, DST-52
def test_the_image_serves_as_an_unprivileged_user_in_an_empty_read_only_root(start, image):
    container = start()
    health = exec_form(container.config["HEALTHCHECK"][0])
    healthy = container.run(*health, "--wait", "10s")
    assert healthy.returncode == 0, healthy.stderr + container.output()
    begin = time.monotonic()
    assert container.run(*health).returncode == 0
    assert time.monotonic() - begin < 1
    found = container.run("/securityhub-local", "findings", "--account", "111111111111", "--json")
    assert json.loads(found.stdout), found.stderr
    status = pathlib.Path(f"/proc/{container.process()}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert fields["Uid"].split() == ["65532"] * 4 and fields["Gid"].split() == ["65532"] * 4
    assert fields["CapEff"] == "0000000000000000" and fields["NoNewPrivs"] == "1"
    assert fields["NSpid"].split()[-1] == "1", "the first process, which no default action of a signal ends"
    before = sorted(path for path in image.rglob("*"))
    code, seconds = container.stop()
    assert code == 0 and seconds <= 1, (code, seconds, container.output())
    assert sorted(path for path in image.rglob("*")) == before


# Rules: DST-52
def test_the_root_cannot_be_written_to(start):
    container = start(["serve", "--port-file", "/port"])
    assert container.shell.wait(timeout=10) == 1
    assert "cannot write the port to /port" in container.output()


# A server of DNS for one name, and a receiver of events. They print the names that they are asked for and the bodies.
NEIGHBOURS = '''
import http.server, socket, threading

def resolve():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, client = server.recvfrom(512)
        end = query.index(0, 12) + 5
        has_address = query[end - 4:end - 2] == bytes([0, 1])
        answer = bytes.fromhex("c00c000100010000003c00047f000001") if has_address else b""
        server.sendto(query[:2] + bytes([0x81, 0x80, 0, 1, 0, has_address, 0, 0, 0, 0]) + query[12:end] + answer, client)
        print("asked", query[13:end - 5], flush=True)

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print("received", self.headers["host"], self.rfile.read(int(self.headers["content-length"])), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

threading.Thread(target=resolve, daemon=True).start()
http.server.HTTPServer(("127.0.0.1", 8099), Receiver).serve_forever()
'''


# Rules: DST-18
def test_a_static_program_resolves_names_by_dns(start, image):
    (image / "etc").mkdir()
    # A container engine mounts this file.
    (image / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    container = start()
    neighbours = container.beside(NEIGHBOURS)
    try:
        assert container.run("/securityhub-local", "health", "--wait", "10s").returncode == 0
        sink = json.dumps({"Type": "webhook", "Url": "http://receiver.example.internal:8099/"})
        put = container.run("/securityhub-local", "sinks", "put", "hook", sink)
        assert put.returncode == 0, put.stderr
        generated = json.dumps({"Count": 1, "Account": "111111111111", "Region": "us-east-1"})
        done = container.run("/securityhub-local", "call", "POST", "/_emulator/findings/generate", generated)
        assert done.returncode == 0, done.stderr
        container.run("/securityhub-local", "call", "GET", "/_emulator/sinks/hook?wait=10s")
    finally:
        neighbours.kill()
    printed = neighbours.communicate()[0]
    assert "asked b'receiver" in printed, printed
    assert "received receiver.example.internal:8099 b'" in printed, printed


# Rules: DST-52
def test_the_image_is_small(image):
    """With the program of the release profile, which `scripts/check` builds; its static form is 0.3 MB larger."""
    release = pathlib.Path(os.environ["RELEASE_BINARY"])
    if not release.is_file():
        pytest.skip("scripts/check has not built the release")
    shutil.copy(release, image / "securityhub-local")
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as stream:
        with tarfile.open(fileobj=stream, mode="w|") as archive:
            archive.add(image, ".")
    assert len(packed.getvalue()) <= MAX_BYTES
