"""What can be known of the installed packages without a network, and that its absence is said plainly."""

from __future__ import annotations

import base64
import hashlib
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from scripts import audit

SOUND = 'print(json.dumps({"dependencies": [{"name": name, "version": "1", "vulns": []} for name in names]}))'
VULNERABLE = SOUND.replace('"vulns": []', '"vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]')
# What pip-audit 2.10 says behind a mirror of PyPI: with an exit code of 0.
SKIPPED = 'print(json.dumps({"dependencies": [{"name": name, "skip_reason": "not found on PyPI"} for name in names]}))'


@pytest.fixture
def package(tmp_path: Path) -> Distribution:
    """An installed package with one file."""
    (tmp_path / "a.py").write_text("1\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"1\n").digest()).rstrip(b"=").decode()
    info = tmp_path / "a-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1.0\nLicense-Expression: GPL-3.0-or-later\n")
    (info / "RECORD").write_text(f"a.py,sha256={digest},2\na-1.0.dist-info/RECORD,,\n")
    return Distribution.at(info)


def pip_audit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """In the place of pip-audit a program that does this, with the `names` that it was asked for."""
    program = tmp_path / "pip-audit"
    asked = "names = [line.partition('==')[0] for line in open(sys.argv[-1])]"
    program.write_text(f"#!{sys.executable}\nimport json, sys\n{asked}\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(audit, "PIP_AUDIT", program)


def test_what_is_installed_is_pinned_unchanged_and_licensed() -> None:
    assert audit.offline() == []


def test_a_changed_and_a_missing_file_are_noticed(package: Distribution, tmp_path: Path) -> None:
    assert list(audit.changed(package)) == []
    (tmp_path / "a.py").write_text("2\n")
    assert list(audit.changed(package)) == ["a: a.py is not what was installed"]
    (tmp_path / "a.py").unlink()
    assert list(audit.changed(package)) == ["a: a.py is not what was installed"]


def test_other_versions_other_sources_and_other_licences_are_noticed(package: Distribution, tmp_path: Path) -> None:
    found = {"a": package}
    assert list(audit.differing(found, audit.pinned("A==1.0\n"))) == []
    assert list(audit.differing(found, {"a": "1.1"})) == ["a 1.0 is installed, and 1.1 pinned"]
    assert list(audit.differing(found, {})) == ["a 1.0 is not pinned"]
    assert list(audit.elsewhere(found)) == []
    (tmp_path / "a-1.0.dist-info" / "direct_url.json").write_text('{"url": "https://me:secret@x.example/a.whl"}')
    assert list(audit.elsewhere(found)) == ["a was installed from https:, not from an index"]
    assert list(audit.unlicensed(found)) == ["a: the licence GPL-3.0-or-later is not among those accepted"]


def test_what_the_service_knows_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pip_audit(monkeypatch, tmp_path, f"{VULNERABLE}; sys.exit(1)")
    assert audit.main() == audit.FOUND
    assert "fastapi 1: PYSEC-1, mended in 2" in capsys.readouterr().out


def test_no_known_vulnerability_is_a_success(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pip_audit(monkeypatch, tmp_path, SOUND)
    assert audit.main() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("code", ["sys.exit('ERROR: cannot connect')", SKIPPED])
def test_without_a_service_nobody_is_told_that_all_is_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    pip_audit(monkeypatch, tmp_path, code)
    assert audit.main() == audit.UNREACHABLE
    said = capsys.readouterr()
    assert "NOT CHECKED" in said.err and said.out.splitlines()[-1].startswith("0 of ")
