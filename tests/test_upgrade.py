"""The released version and this one on one database: nobody has to stop while the other starts."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import httpx
import pytest

from tests.test_cli import standpoint
from tests.test_process import ROOT, TWIN, Service, article, serving

RELEASED = "v0.1.0"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the released version. A checkout without history does not have it."""
    packed = subprocess.run(["git", "archive", RELEASED, "app", "migrations", "tests"], cwd=ROOT, capture_output=True)
    if packed.returncode:
        pytest.skip(f"this checkout does not have {RELEASED}")
    folder = tmp_path_factory.mktemp("released")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def stored(service: Service, text: str) -> str:
    answer = httpx.post(f"{service.address}/v1/articles", json=article(text=text), timeout=60)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def counted(service: Service, query: str) -> int:
    """Articles that a list of this version finds."""
    return len(httpx.get(f"{service.address}/v1/articles?{query}", timeout=60).raise_for_status().json()["items"])


def found(service: Service, *addresses: str) -> list[int]:
    return [httpx.get(f"{service.address}{address}", timeout=60).status_code for address in addresses]


def test_on_postgresql_old_and_new_serve_side_by_side(tmp_path: Path, released: Path, empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        pytest.skip("a SQLite file has one process; the next test is about it")
    variables = {"STANDPOINT_DATABASE_URL": empty_url}
    old_code = {**variables, "PYTHONPATH": str(released)}
    assert standpoint("migrate", environment=old_code, cwd=tmp_path).returncode == 0
    with serving(TWIN, tmp_path, **old_code) as old:
        before = stored(old, "France praised Kenya before.")
        assert standpoint("migrate", environment=variables, cwd=tmp_path).returncode == 0
        meanwhile = stored(old, "France praised Kenya meanwhile.")
        with serving(TWIN, tmp_path, **variables) as new:
            after = stored(new, "France praised Kenya after.")
            changed = httpx.patch(
                f"{old.address}{before}", json={"publisher": "Herald", "published_at": "2026-05-04"}, timeout=60
            )
            replaced = httpx.put(f"{old.address}{after}/text", json={"text": "Germany praised Kenya replaced."}, timeout=60)
            assert [changed.status_code, replaced.status_code] == [200, 200], changed.text + replaced.text
            for service in (old, new):
                assert found(service, before, meanwhile, after) == [200, 200, 200]
            assert old.stop() == 0
            assert found(new, before, meanwhile, after) == [200, 200, 200]
            # All that 0.1.0 could be asked is right already; what only this version knows becomes so when it is migrated again.
            assert [counted(new, f"country={country}") for country in ("KE", "FR", "DE")] == [3, 2, 1]
            assert [counted(new, f"q={word}") for word in ("before", "meanwhile", "replaced")] == [1, 0, 0]
            assert standpoint("migrate", environment=variables, cwd=tmp_path).returncode == 0
            assert [counted(new, f"q={word}") for word in ("before", "meanwhile", "replaced", "after")] == [1, 1, 1, 0]
            assert counted(new, "publisher=Herald&country=FR&published_from=2026-05-04&published_to=2026-05-05") == 1
            months = httpx.get(f"{new.address}/v1/stances/summary?group_by=month&publisher=Herald", timeout=60).json()["groups"]
            assert {group["group"]["month"] for group in months} == {"2026-05-01"}
            assert new.stop() == 0


def test_on_sqlite_the_new_version_takes_over_the_file_of_the_old(tmp_path: Path, released: Path) -> None:
    with serving(TWIN, tmp_path, PYTHONPATH=str(released)) as old:
        before = stored(old, "France praised Kenya before.")
        assert old.stop() == 0
    with serving(TWIN, tmp_path) as new:
        assert found(new, before, stored(new, "France praised Kenya after.")) == [200, 200]
        assert len(httpx.get(f"{new.address}/v1/stances?country=FR", timeout=60).json()["items"]) == 2
        assert new.stop() == 0
