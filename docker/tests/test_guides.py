"""The forms of the guide for CI and the files of both guides: the shell form runs, the others are valid."""

import re
import subprocess
import time

import pytest
import yaml

from conftest import REPOSITORY
from test_files import check_schema

GUIDE = REPOSITORY / "docs/guides/ci.md"
CONTAINERS = REPOSITORY / "docs/guides/containers.md"


def block(page, name):
    """The text of a file that a guide tells to save."""
    found = re.search(rf"<!-- file: {re.escape(name)} -->\n```\w+\n(.*?)\n```\n", page.read_text(), re.S)
    assert found, f"{page} has no file {name}"
    return found[1] + "\n"


@pytest.fixture
def run(tmp_path, variables, program):
    """Runs the script of the guide in an empty directory."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/securityhub-local").symlink_to(program)
    (tmp_path / "with-securityhub").write_text(block(GUIDE, "with-securityhub"))

    def run(*arguments):
        environment = variables | {"PATH": f"{tmp_path / 'bin'}:{variables['PATH']}"}
        command = ["bash", "with-securityhub", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)

    return run


# Rules: DST-62
def test_the_shell_form_is_ready_within_five_seconds(run, tmp_path):
    begin = time.monotonic()
    done = run("builtin:quickstart", "sh", "-c", "date +%s.%N > first; securityhub-local findings")
    assert done.returncode == 0, done.stderr
    assert "111111111111" in done.stdout or "222222222222" in done.stdout, done.stdout
    assert time.monotonic() - begin < 5
    assert not (tmp_path / "securityhub-requests.jsonl").exists(), "the command has passed"


# Rules: DST-62
def test_the_shell_form_stops_the_emulator_and_keeps_the_calls_of_a_failed_command(run, tmp_path):
    done = run("builtin:quickstart", "sh", "-c", "echo $AWS_ENDPOINT_URL_SECURITYHUB > endpoint; exit 7")
    assert done.returncode == 7
    assert (tmp_path / "securityhub-requests.jsonl").exists()
    endpoint = (tmp_path / "endpoint").read_text().strip()
    after = subprocess.run([tmp_path / "bin/securityhub-local", "health", "--url", endpoint])
    assert after.returncode == 1


# Rules: DST-62
def test_the_shell_form_fails_with_the_mistakes_of_a_scenario(run, tmp_path):
    (tmp_path / "scenario.yaml").write_text("hubs: 3\n")
    done = run("scenario.yaml", "true")
    assert done.returncode == 2 and "scenario.yaml:1" in done.stderr


# Rules: DST-62
def test_the_forms_for_github_and_gitlab_are_valid(tmp_path, version):
    files = {"github": block(GUIDE, ".github/workflows/test.yml"), "gitlab": block(GUIDE, ".gitlab-ci.yml")}
    for name, text in files.items():
        (tmp_path / f"{name}.yml").write_text(text)
    check_schema("vendor.github-workflows", tmp_path / "github.yml")
    check_schema("vendor.gitlab-ci", tmp_path / "gitlab.yml")
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    steps = yaml.safe_load(files["github"])["jobs"]["test"]["steps"]
    ours = [step for step in steps if "securityhub-local" in step.get("uses", "")]
    assert [step["uses"] for step in ours] == [
        f"OWNER/securityhub-local@v{version}", f"OWNER/securityhub-local/actions/stop@v{version}"
    ]
    assert ours[0]["with"].keys() <= action["inputs"].keys()
    assert ours[1]["if"] == "always()"
    table = re.findall(r"^\| (`.+?`) \|", GUIDE.read_text(), re.M)
    assert {name for row in table for name in re.findall(r"`(\w+)`", row)} == action["inputs"].keys()
    [service] = yaml.safe_load(files["gitlab"])["test"]["services"]
    assert service["name"].endswith(f":{version}")


# Rules: DST-54
def test_the_compose_file_of_the_guide_is_valid(tmp_path, version):
    (tmp_path / "compose.yaml").write_text(block(CONTAINERS, "compose.yaml"))
    check_schema("vendor.compose-spec", tmp_path / "compose.yaml")
    services = yaml.safe_load(block(CONTAINERS, "compose.yaml"))["services"]
    assert services["securityhub"]["image"] == f"securityhub-local:{version}"
    assert services["tests"]["depends_on"]["securityhub"]["condition"] == "service_healthy"
