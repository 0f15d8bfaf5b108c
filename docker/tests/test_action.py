"""The scripts of the GitHub actions, run as a runner runs them: with files for the variables and outputs of later steps."""

import hashlib
import json
import os
import platform
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request

import pytest
import yaml

from conftest import REPOSITORY

CALL_SECONDS = 60


class Job:
    """A job of a runner: its folder, the variables of its steps, and the steps of an action."""

    def __init__(self, folder, variables):
        self.folder = folder
        self.files = {name: folder / name.lower() for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")}
        self.variables = variables | {name: str(path) for name, path in self.files.items()}
        self.variables["RUNNER_TEMP"] = str(folder / "temp")
        (folder / "temp").mkdir(parents=True)
        self.begin()

    def begin(self):
        for path in self.files.values():
            path.write_text("")

    def pairs(self, name):
        lines = self.files[name].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def run(self, path, step, inputs, **further):
        """Runs a step and returns its result. A later step sees the variables that it wrote."""
        action = yaml.safe_load((REPOSITORY / path).read_text())
        script = next(found for found in action["runs"]["steps"] if found.get("id") == step)
        values = {f"${{{{ inputs.{name} }}}}": given["default"] for name, given in action["inputs"].items()}
        values |= {f"${{{{ inputs.{name} }}}}": value for name, value in inputs.items()}
        values["${{ github.action_repository }}"] = "OWNER/securityhub-local"
        given = {name: values[text] for name, text in script.get("env", {}).items()}
        file = self.folder / f"{step}.sh"
        file.write_text(script["run"])
        begin = time.monotonic()
        # Runners start `shell: bash` so.
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", file],
            env=self.variables | given | further, cwd=self.folder, capture_output=True, text=True, timeout=CALL_SECONDS,
        )
        self.seconds = time.monotonic() - begin
        added = self.files["GITHUB_PATH"].read_text().splitlines()
        self.variables |= self.pairs("GITHUB_ENV")
        self.variables["PATH"] = ":".join([*reversed(added), self.variables["PATH"]])
        self.files["GITHUB_PATH"].write_text("")
        return done

    def start(self, **inputs):
        """Installs and starts the emulator, as `uses: OWNER/securityhub-local` does, and returns the outputs."""
        for step in ("install", "start"):
            done = self.run("action.yml", step, {"install": "none"} | inputs)
            if done.returncode != 0:
                return done
        return self.pairs("GITHUB_OUTPUT")

    def stop(self):
        done = self.run("actions/stop/action.yml", "stop", {})
        assert done.returncode == 0, done.stdout + done.stderr
        return self.folder / "temp/securityhub-local-journal"


@pytest.fixture
def job(tmp_path, variables, program):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/securityhub-local").symlink_to(program)
    job = Job(tmp_path, variables | {"PATH": f"{tmp_path / 'bin'}:{variables['PATH']}"})
    yield job
    job.stop()


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


# Rules: DST-60, DST-62
def test_the_action_starts_an_emulator_for_later_steps(job, program, version):
    outputs = job.start(scenario="builtin:quickstart")
    assert job.seconds < 5
    assert outputs == {"endpoint": f"http://127.0.0.1:{outputs['port']}", "port": outputs["port"], "version": version}
    assert get(f"{outputs['endpoint']}/_emulator/health")["version"] == version
    exported = job.pairs("GITHUB_ENV")
    assert exported == {
        "AWS_ENDPOINT_URL_SECURITYHUB": outputs["endpoint"],
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    found = subprocess.run([program, "findings", "--json"], env=job.variables, capture_output=True, check=True)
    assert json.loads(found.stdout)


# Rules: DST-60
def test_the_action_takes_a_file_a_port_and_arguments(job, tmp_path, unused_port):
    (tmp_path / "scenario.yaml").write_text('hubs: [{ account: "123456789012", regions: [us-east-1] }]\n')
    outputs = job.start(scenario="scenario.yaml", port=str(unused_port), args="--account 123456789012\n--no-metrics\n")
    assert outputs["port"] == str(unused_port)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{outputs['endpoint']}/metrics")


@pytest.fixture
def unused_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# Rules: DST-60
def test_the_action_keeps_the_credentials_and_the_region_of_the_job(job):
    job.variables |= {"AWS_ACCESS_KEY_ID": "222222222222", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "eu-west-1"}
    job.start()
    exported = job.pairs("GITHUB_ENV")
    # Some clients read one variable of the Region, some the other.
    assert (exported["AWS_REGION"], exported["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")
    assert exported.keys() == {"AWS_ENDPOINT_URL_SECURITYHUB", "AWS_REGION", "AWS_DEFAULT_REGION"}


# Rules: DST-60
def test_an_invalid_scenario_fails_the_step_with_its_mistakes(job, tmp_path):
    (tmp_path / "scenario.yaml").write_text("hubs: 3\n")
    done = job.start(scenario="scenario.yaml")
    assert done.returncode == 1
    assert "::error::" in done.stdout and "scenario.yaml:1" in done.stdout


# Rules: DST-60
def test_an_input_is_never_a_program(job, tmp_path):
    for inputs in ({"scenario": "$(touch stolen)"}, {"args": "; touch stolen"}, {"port": "0; touch stolen"},
                   {"install": "npm; touch stolen"}):
        assert job.start(**inputs).returncode == 1, inputs
        assert not (tmp_path / "stolen").exists()


# Rules: DST-60
def test_stopping_writes_the_journal_and_ends_every_emulator(job, program):
    ports = [job.start(scenario="builtin:quickstart")["port"] for _ in range(2)]
    subprocess.run([program, "findings"], env=job.variables, capture_output=True, check=True)
    call = ["call", "POST", "/_emulator/findings/generate", '{"Count": 1, "Account": "111111111111", "Region": "us-east-1"}']
    subprocess.run([program, *call], env=job.variables, capture_output=True, check=True)
    journal = job.stop()
    assert job.seconds < 5
    names = {name for number in (1, 2) for name in
             (f"requests-{number}.jsonl", f"events-{number}.jsonl", f"serve-{number}.log")}
    assert {path.name for path in journal.iterdir()} == names
    assert "Imported" in (journal / "events-1.jsonl").read_text() + (journal / "events-2.jsonl").read_text()
    for port in ports:
        with pytest.raises(urllib.error.URLError):
            get(f"http://127.0.0.1:{port}/_emulator/health")


# Rules: DST-60
def test_a_job_without_a_journal_writes_none(job):
    job.start(journal="false")
    assert list(job.stop().iterdir()) == []


# Rules: DST-60
def test_the_journal_is_uploaded_if_the_job_has_failed():
    action = yaml.safe_load((REPOSITORY / "actions/stop/action.yml").read_text())
    # In a composite action, `failure()` is about the steps of the action. The default is the status of the job.
    assert action["inputs"]["status"]["default"] == "${{ job.status }}"
    upload = action["runs"]["steps"][-1]
    assert upload["if"] == "${{ inputs.status == 'failure' }}"
    assert upload["uses"].startswith("actions/upload-artifact@v")
    assert upload["with"]["path"] == "${{ steps.stop.outputs.journal }}"


def target():
    return f"{platform.machine()}-unknown-linux-gnu"


# Rules: DST-60
def test_an_archive_of_a_release_is_downloaded_and_verified(job, program, version, tmp_path):
    name = f"securityhub-local-{version}-{target()}"
    release = tmp_path / f"server/OWNER/securityhub-local/releases/download/v{version}"
    release.mkdir(parents=True)
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    script.chmod(0o755)
    with tarfile.open(release / f"{name}.tar.gz", "w:gz") as archive:
        archive.add(script, f"{name}/securityhub-local")
    digest = hashlib.sha256((release / f"{name}.tar.gz").read_bytes()).hexdigest()
    (release / f"{name}.tar.gz.sha256").write_text(f"{digest}  {name}.tar.gz\n")
    (tmp_path / "bin/securityhub-local").unlink()
    job.variables["GITHUB_SERVER_URL"] = (tmp_path / "server").as_uri()
    assert job.start(install="binary")["version"] == version
    job.stop()
    (release / f"{name}.tar.gz.sha256").write_text(f"{digest[::-1]}  {name}.tar.gz\n")
    assert job.start(install="binary").returncode != 0, "another digest"


# Rules: DST-60
@pytest.mark.parametrize("install, command", [
    ("npm", 'npm install --prefix {temp}/npm --no-audit --no-fund securityhub-local@{version}'),
    ("pip", '{temp}/venv/bin/python -m pip install --disable-pip-version-check securityhub-local=={version}'),
])
def test_a_package_is_installed_by_its_exact_version(job, program, version, tmp_path, install, command):
    temp = tmp_path / f"temp/securityhub-local-{version}"
    # Instead of a registry: programs that write down how they are called, and put the program where a package puts it.
    stub = tmp_path / "stub"
    stub.write_text(f"""#!/bin/sh
echo "$0 $*" >> {tmp_path}/called
mkdir -p {temp}/npm/node_modules/.bin {temp}/venv/bin
ln -sf {program} {temp}/npm/node_modules/.bin/securityhub-local
ln -sf {program} {temp}/venv/bin/securityhub-local
cp "$0" {temp}/venv/bin/python 2> /dev/null || true
""")
    stub.chmod(0o755)
    for name in ("npm", "python3"):
        shutil.copy(stub, tmp_path / "bin" / name)
    os.unlink(tmp_path / "bin/securityhub-local")
    assert job.start(install=install)["version"] == version
    called = (tmp_path / "called").read_text().replace(f"{tmp_path}/bin/", "")
    assert command.format(temp=temp, version=version) in called
