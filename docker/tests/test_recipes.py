"""The recipes for Testcontainers: each is short and whole, and is checked with the package or the grammar of its language."""

import ast
import pathlib
import re
import subprocess
import sys
from unittest import mock

import docker
import pytest
import tree_sitter
import tree_sitter_c_sharp
import tree_sitter_go
import tree_sitter_java
import yaml

from conftest import REPOSITORY

FOLDER = REPOSITORY / "docker/testcontainers"
RECIPES = {
    "java": "SecurityHubContainer.java",
    "nodejs": "securityhub-container.mts",
    "python": "securityhub_container.py",
    "go": "securityhub.go",
    "dotnet": "SecurityHubContainer.cs",
    "rust": "securityhub.rs",
}
GRAMMARS = {"java": tree_sitter_java, "go": tree_sitter_go, "dotnet": tree_sitter_c_sharp}
MAX_LINES = 40


# Rules: DST-55
@pytest.mark.parametrize("language", RECIPES)
def test_a_recipe_is_short_and_whole(language, version):
    text = (FOLDER / RECIPES[language]).read_text()
    assert len(text.splitlines()) <= MAX_LINES
    assert re.search(rf'"securityhub-local(:|", "){re.escape(version)}"', text), "the version of the image"
    for part in ("4600", "/_emulator/health", "/scenario.yaml"):
        assert part in text, part
    assert re.search(r"\bendpoint\(", text, re.I), "endpoint()"


# Rules: DST-55
@pytest.mark.parametrize("language", GRAMMARS)
def test_a_recipe_is_valid_in_the_grammar_of_its_language(language):
    parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[language].language()))
    source = (FOLDER / RECIPES[language]).read_bytes()
    assert not parser.parse(source).root_node.has_error
    assert parser.parse(source.replace(b")", b"", 1)).root_node.has_error


# Rules: DST-55
def test_the_recipe_for_python_has_correct_types():
    recipe = FOLDER / RECIPES["python"]
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", recipe],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# Rules: DST-55
def test_the_recipe_for_python_sets_up_a_container(tmp_path, monkeypatch, version):
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setattr(docker, "from_env", mock.MagicMock())
    from securityhub_container import SecurityHubContainer

    (tmp_path / "scenario.yaml").write_text("")
    container = SecurityHubContainer(tmp_path / "scenario.yaml")
    assert container.image == f"securityhub-local:{version}"
    assert list(container.ports) == ["4600"]
    assert container._command == ["serve", "--scenario", "/scenario.yaml"]
    assert [spec[1] for spec in container._transferable_specs] == ["/scenario.yaml"]


# Rules: DST-55
def test_the_page_for_the_registry_has_six_languages(version):
    front, rest = (FOLDER / "index.md").read_text().removeprefix("---\n").split("\n---\n")
    assert rest == ""
    page = yaml.safe_load(front)
    assert page.keys() == {"title", "categories", "docs", "description"}
    assert {entry["id"] for entry in page["docs"]} == RECIPES.keys() and len(page["docs"]) == len(RECIPES)
    for entry in page["docs"]:
        assert entry.keys() == {"id", "url", "maintainer", "example", "installation"}
        assert entry["url"].endswith(f"/blob/v{version}/docker/testcontainers/{RECIPES[entry['id']]}")
        for part in ("example", "installation"):
            assert re.fullmatch(r"```[a-z]+\n.+\n```\n", entry[part], re.S), entry[part]


def example(language):
    front = (FOLDER / "index.md").read_text().split("---\n")[1]
    entry = next(entry for entry in yaml.safe_load(front)["docs"] if entry["id"] == language)
    return "\n".join(entry["example"].splitlines()[1:-1])


# Rules: DST-55
def test_the_examples_of_the_page_use_names_of_the_recipes():
    ast.parse(example("python"))
    for language, names in {"java": ["SecurityHubContainer("], "nodejs": ["SecurityHubContainer(", "withScenario("],
                            "python": ["SecurityHubContainer("], "go": ["Run("], "dotnet": ["SecurityHubContainer("],
                            "rust": ["SecurityHub", "start("]}.items():
        for name in names:
            assert name in example(language) and name in (FOLDER / RECIPES[language]).read_text(), (language, name)


# Rules: DST-55
def test_the_recipe_for_node_has_correct_types():
    """`docker/check` installs the package of npm and TypeScript."""
    modules = pathlib.Path(sys.prefix).parent / "node"
    copy = modules / RECIPES["nodejs"]
    copy.write_text((FOLDER / RECIPES["nodejs"]).read_text())
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"]
    done = subprocess.run([modules / "node_modules/.bin/tsc", *options, copy.name],
                          cwd=modules, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# Rules: DST-55
def test_the_recipe_for_rust_compiles():
    """In a package of its own, because the workspace does not need testcontainers."""
    package = pathlib.Path(sys.prefix).parent / "rust"
    (package / "src").mkdir(parents=True, exist_ok=True)
    (package / "Cargo.toml").write_text("""[package]
name = "recipe"
version = "0.0.0"
edition = "2024"

[dependencies]
testcontainers = "=0.28.0"

[workspace]
""")
    (package / "src/lib.rs").write_text((FOLDER / RECIPES["rust"]).read_text())
    done = subprocess.run(["cargo", "check", "--quiet", "--target-dir", package / "target"],
                          cwd=package, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
