"""What the Dockerfile does, without Docker: a wheel, a fresh environment elsewhere, another user, a database of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).parents[1]
# "nobody" on Debian and most others; any number without rights would do.
OTHER_USER = 65534
TEXT = "Germany praised France for its patience on Monday while condemning Belarus for jailing journalists."


def python_for_anyone() -> str:
    """The interpreter of this environment, unless it lies in a home that another user may not enter."""
    base = str(Path(sys.executable).resolve())
    for candidate in (base, "/usr/bin/python3"):
        check = [candidate, "-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(check, **another_user()).returncode == 0:
                return candidate
        except OSError:
            continue
    raise AssertionError("no Python 3.11 that another user may run")


def another_user() -> dict[str, Any]:
    """Only root can become another user; anybody else is one already."""
    return {"user": OTHER_USER, "group": OTHER_USER, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """An environment with nothing but the wheel and its pinned dependencies, outside the checkout."""
    with tempfile.TemporaryDirectory(prefix="standpoint-wheel-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
        subprocess.run([python_for_anyone(), "-m", "venv", "--without-pip", folder / "venv"], check=True)
        into = ["--python", folder / "venv" / "bin" / "python"]
        (wheel,) = folder.glob("standpoint-*.whl")
        subprocess.run([*pip, *into, "install", "--constraint", ROOT / "constraints.txt", wheel], check=True)
        yield folder / "venv" / "bin"


@contextmanager
def served(bin_folder: Path, home: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    environment = {"PATH": str(bin_folder), "STANDPOINT_PORT": "0", "STANDPOINT_LOG_FORMAT": "json", **settings}
    command = [bin_folder / "standpoint", "serve"]
    process = subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True, **another_user())
    try:
        yield process, _address(process)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        found = json.loads(line)
        if found["event"] == "ready":
            return f"http://127.0.0.1:{found['port']}"
    raise AssertionError("the service ended before it was ready")


def test_the_wheel_serves_as_another_user_with_a_database_of_its_own(installed: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        if os.geteuid() == 0:
            os.chown(home, OTHER_USER, OTHER_USER)
        with served(installed, home) as (process, address):
            body = json.dumps({"text": TEXT}).encode()
            with urlopen(Request(f"{address}/v1/articles", body, {"Content-Type": "application/json"})) as response:
                article = json.load(response)
                assert response.status == 201
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        assert {found["country"] for found in article["annotation"]["countries"]} == {"DE", "FR", "BY"}
        assert (home / "standpoint.db").exists()


def test_the_runtime_install_is_under_500_megabytes_and_has_no_torch(installed: Path) -> None:
    (packages,) = (installed.parent / "lib").glob("python*/site-packages")
    assert not (packages / "torch").exists()
    size = sum(path.lstat().st_size for path in packages.rglob("*") if path.is_file())
    assert size < 500_000_000, f"{size / 1e6:.0f} MB"


def test_the_installed_console_script_annotates_without_a_server(installed: Path) -> None:
    found = subprocess.run([installed / "standpoint", "annotate", "-"], input=TEXT, capture_output=True, text=True, check=True)
    assert {country["country"] for country in json.loads(found.stdout)["countries"]} == {"DE", "FR", "BY"}
