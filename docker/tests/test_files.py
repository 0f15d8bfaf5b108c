"""The files for containers and CI: their schemas, and the rules that no schema states."""

import json
import pathlib
import re
import subprocess
import sys

import dockerfile_parse
import pytest
import yaml

from conftest import REPOSITORY

FOLDER = REPOSITORY / "docker"


def instructions(name="Dockerfile"):
    """The instructions of the last stage, by name: their values, in order."""
    with open(FOLDER / name, "rb") as file:
        parser = dockerfile_parse.DockerfileParser(fileobj=file)
        found = {}
        for entry in parser.structure:
            if entry["instruction"] == "FROM":
                found = {}
            found.setdefault(entry["instruction"], []).append(entry["value"])
        return found


def stages():
    with open(FOLDER / "Dockerfile", "rb") as file:
        structure = dockerfile_parse.DockerfileParser(fileobj=file).structure
    return [entry["value"] for entry in structure if entry["instruction"] in ("ARG", "FROM", "RUN")]


def exec_form(text):
    """The list that an instruction in exec form holds."""
    return json.loads(text[text.index("["):])


def check_schema(schema, *files):
    command = [pathlib.Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# Rules: DST-50
def test_the_image_has_only_a_static_program_and_an_unprivileged_user():
    last = instructions()
    assert last["FROM"] == ["scratch"]
    assert last["USER"] == ["65532:65532"]
    assert last["EXPOSE"] == ["4600"]
    assert last["STOPSIGNAL"] == ["SIGTERM"]
    assert last["ENV"] == ["SECURITYHUB_LOCAL_HOST=0.0.0.0"]
    assert exec_form(last["ENTRYPOINT"][0]) == ["/securityhub-local"]
    assert exec_form(last["CMD"][0])[:3] == ["serve", "--scenario", "/scenarios/quickstart.yaml"]
    assert "RUN" not in last, "a scratch image has no shell"
    health = last["HEALTHCHECK"][0]
    assert exec_form(health) == ["/securityhub-local", "health"]
    interval = re.search(r"--interval=(\d+)s", health)
    assert interval and int(interval[1]) <= 5 and "--start-period=" in health
    labels = last["LABEL"][0]
    for label in ("source", "version", "licenses"):
        assert f"org.opencontainers.image.{label}=" in labels


# Rules: DST-50
def test_the_image_is_built_from_a_pinned_version_of_rust():
    needed = re.search(r'^rust-version = "(.*)"', (REPOSITORY / "Cargo.toml").read_text(), re.M)[1]
    image = next(value for value in stages() if value.startswith("RUST_IMAGE="))
    version = re.fullmatch(r"RUST_IMAGE=rust:(\d+\.\d+(?:\.\d+)?)-slim-\w+", image)
    number = lambda text: [int(part) for part in text.split(".")]
    assert version and number(version[1]) >= number(needed), f"{image}: rust-version is {needed}"
    build = next(value for value in stages() if "cargo build" in value)
    for part in ("--locked", "--release", "--mount=type=cache", "target-feature=+crt-static"):
        assert part in build, part
    assert any(value == "${RUST_IMAGE} AS build" for value in stages()), "the build stage is that of the platform"


# Rules: DST-50, DST-54, DST-56, DST-61
def test_every_image_has_a_version():
    for path in (*FOLDER.glob("*"), *FOLDER.glob("testcontainers/*")):
        if path.is_file() and path.name != "check":
            text = path.read_text()
            assert ":latest" not in text and "stable-slim" not in text, path


# Rules: DST-50, DST-54, DST-60
def test_images_have_the_version_of_the_workspace(version):
    found = {}
    files = [*FOLDER.glob("*"), *FOLDER.glob("testcontainers/*"), REPOSITORY / "docs/guides/containers.md"]
    for path in files:
        if path.is_file() and path.name != "requirements.txt":
            text = path.read_text()
            images = re.findall(r"securityhub-local(?::|\", \"|/blob/v)(\d+\.\d+\.\d+)", text)
            found |= {f"{path.name}: {image}": image for image in images}
    assert len(found) >= 11, found
    assert set(found.values()) == {version}, found
    labels = dict(value.split("=", 1) for value in stages() + instructions()["ARG"] if value.startswith("VERSION="))
    assert labels == {"VERSION": version}
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    assert action["inputs"]["version"]["default"] == version


# Rules: DST-54
def test_the_compose_file_is_valid_and_grants_nothing():
    check_schema("vendor.compose-spec", FOLDER / "compose.yaml")
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    hub, example = services["securityhub"], services["example"]
    assert hub["build"]["dockerfile"] == "docker/Dockerfile"
    assert hub["ports"] == ["127.0.0.1:4600:4600"]
    assert hub["healthcheck"]["test"] == ["CMD", "/securityhub-local", "health"]
    assert hub["read_only"] is True and hub["cap_drop"] == ["ALL"]
    assert hub["security_opt"] == ["no-new-privileges:true"]
    [volume] = hub["volumes"]
    scenario = re.fullmatch(r"\$\{SECURITYHUB_SCENARIO:-(.+?)\}:(/.+):ro", volume)
    assert scenario and (FOLDER / scenario[1]).is_file() and scenario[2] in hub["command"], volume
    assert example["depends_on"]["securityhub"]["condition"] == "service_healthy"
    assert example["environment"]["AWS_ENDPOINT_URL_SECURITYHUB"] == "http://securityhub:4600"


# Rules: DST-56
def test_the_kubernetes_objects_are_valid_and_restricted():
    command = [pathlib.Path(sys.executable).with_name("kubernetes-validate"), "--strict", FOLDER / "kubernetes.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    objects = {item["kind"]: item for item in yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())}
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    for probe in ("readinessProbe", "livenessProbe"):
        assert container[probe]["exec"]["command"] == ["/securityhub-local", "health"]
    assert container["resources"]["requests"]["memory"] == "16Mi" and container["resources"]["limits"]
    assert objects["Service"]["spec"]["ports"][0]["port"] == 4600


# Rules: DST-56
def test_the_scenario_of_the_kubernetes_objects_is_valid(program, tmp_path):
    objects = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    data = next(item["data"] for item in objects if item["kind"] == "ConfigMap")
    for name, text in data.items():
        (tmp_path / name).write_text(text)
        subprocess.run([program, "scenario", "check", tmp_path / name], check=True)


# Rules: DST-60, DST-61
def test_the_files_of_ci_systems_are_valid():
    check_schema("vendor.gitlab-ci", FOLDER / "gitlab-ci.yml")
    check_schema("vendor.github-actions", REPOSITORY / "action.yml", REPOSITORY / "actions/stop/action.yml")
    check_schema("vendor.github-workflows", *(REPOSITORY / ".github/workflows").glob("*.yml"))


# Rules: DST-61
def test_the_job_of_gitlab_uses_a_service_and_keeps_the_calls_of_a_failed_job(version):
    job = yaml.safe_load((FOLDER / "gitlab-ci.yml").read_text())["test"]
    [service] = job["services"]
    assert service["name"].endswith(f"/securityhub-local:{version}") and service["alias"] == "securityhub"
    assert job["variables"]["AWS_ENDPOINT_URL_SECURITYHUB"] == "http://securityhub:4600"
    assert job["artifacts"]["when"] == "on_failure"


# Rules: DST-53
def test_each_platform_is_built_on_its_own_machine():
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/image.yml").read_text())
    matrix = workflow["jobs"]["build"]["strategy"]["matrix"]["include"]
    assert {item["arch"]: item["runner"] for item in matrix} == {"amd64": "ubuntu-24.04", "arm64": "ubuntu-24.04-arm"}
    runs = " ".join(step.get("run", "") for step in workflow["jobs"]["build"]["steps"])
    assert 'docker buildx build --file docker/Dockerfile --platform "linux/$ARCH"' in runs


def actions():
    """Each workflow and action of the repository: its path and its steps."""
    files = [REPOSITORY / "action.yml", REPOSITORY / "actions/stop/action.yml"]
    for path in (*files, *(REPOSITORY / ".github/workflows").glob("*.yml")):
        content = yaml.safe_load(path.read_text())
        parts = content["jobs"].values() if "jobs" in content else [content["runs"]]
        yield path, [step for part in parts for step in part.get("steps", [])]


# Rules: DST-60
@pytest.mark.parametrize("path, steps", list(actions()), ids=lambda value: getattr(value, "name", ""))
def test_no_step_runs_text_of_an_input_or_an_action_without_a_version(path, steps):
    for step in steps:
        if "uses" in step:
            assert re.search(r"@v\d+(\.\d+)*$", step["uses"]), f"{path}: {step['uses']}"
        else:
            assert step["shell"] == "bash", f"{path}: {step}"
            # An expression in a script is a part of the program; a variable is a value.
            assert "${{" not in step["run"], f"{path}: {step['run']}"


# Rules: DST-60
def test_the_action_has_these_inputs_and_outputs():
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    defaults = {name: given["default"] for name, given in action["inputs"].items()}
    assert defaults.keys() == {"version", "scenario", "port", "args", "journal", "install"}
    assert defaults["port"] == "0" and defaults["journal"] == "true"
    assert action["outputs"].keys() == {"endpoint", "port", "version"}
