"""What is shipped works where the sources are not: installed from the wheel, with the runtime lock alone."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the source distribution, so that both are whole."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", place, ROOT, cwd=place)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment; gives the folder of its programs."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place / "venv", with_pip=True)
    programs = place / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--no-input")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements.lock", cwd=place)
    run(*pip, "--no-deps", wheel, cwd=place)
    return programs


def test_the_wheel_carries_documents_manifest_and_migrations(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    documents = {
        f"saleor_stoq_app/_documents/{p.relative_to(ROOT / 'graphql')}" for p in ROOT.glob("graphql/**/*.*")
    }
    migrations = {str(p.relative_to(ROOT)) for p in ROOT.glob("saleor_stoq_app/database/migrations/**/*.py")}
    assert {"saleor_stoq_app/manifest.json", *documents, *migrations} <= held
    assert [name for name in held if name.startswith("tests/")] == []


def test_the_installed_app_plays_the_whole_story(installed, tmp_path):
    run(installed / "saleor-stoq", "demo", "--once", cwd=tmp_path)
