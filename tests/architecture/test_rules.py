"""Rules of the house that no tool checks for us."""

import ast
import importlib.util
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "saleor_stoq_app"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0].lower() for line in requirements}


def test_graphql_holds_documents_only():
    """A `.py` file there would shadow graphql-core, and no GraphQL would start (style.md section 6)."""
    assert list((ROOT / "graphql").rglob("*.py")) == []


def test_there_is_one_http_client():
    """httpx2 beside httpx would make libraries choose silently between the two (stack.md section 5)."""
    assert importlib.util.find_spec("httpx2") is None


def test_saleor_app_sdk_is_no_requirement():
    """What answers to that name in Python verifies nothing (design.md section 7)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    locked = [line for lock in LOCKS for line in lock.read_text().splitlines()]
    assert "saleor-app-sdk" not in names(wanted) | names(locked)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_pin_by_hash_and_name_no_place(lock):
    text = lock.read_text()
    pins = re.findall(r"^[a-z0-9._-]+==\S+", text, re.MULTILINE)
    assert len(pins) > 20
    assert re.search(r"://|^-|\s@\s|/", text, re.MULTILINE) is None
    assert all(re.search(rf"^{re.escape(pin)}.*\\\n\s+--hash=sha256:", text, re.MULTILINE) for pin in pins)


def test_both_locks_hold_the_same_versions():
    """Tests must run with what is shipped."""
    runtime, development = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime <= development


def test_the_lock_holds_every_requirement():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = names((ROOT / "requirements.lock").read_text().splitlines())
    assert names(project["dependencies"]) <= locked


def reads_environment(tree: ast.AST) -> bool:
    attributes = (node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    imported = (
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    )
    return not {"environ", "environb", "getenv"}.isdisjoint({*attributes, *imported})


def test_only_the_configuration_reads_the_environment():
    readers = [path.name for path in SOURCES if reads_environment(ast.parse(path.read_text()))]
    assert readers == []
    assert "BaseSettings" in (PACKAGE / "config.py").read_text()


def test_every_module_says_what_it_is_for():
    assert [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_no_file_outgrows_its_name():
    sources = [path for path in SOURCES if "versions" not in path.parts]
    assert [path for path in sources if len(path.read_text().splitlines()) > 300] == []
    grab_bags = {"utils", "helpers", "common", "core", "manager", "service"}
    assert [
        path for path in sources if grab_bags & {part.removesuffix(".py") for part in path.parts[-2:]}
    ] == []


def test_imports_keep_the_layers():
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_tests_reach_nobody_outside(address):
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(address, timeout=0.1)
