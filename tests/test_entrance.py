"""Who may reach a service that starts: real processes, real addresses, and the command line that makes keys."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from app.cli import ScopeChoice
from app.domain.keys import Scope
from app.entrance import on_loopback
from tests.test_cli import standpoint
from tests.test_process import TWIN, refused, serving

BOOTSTRAP = "0123456789abcdef0123456789abcdef"
ANYWHERE = {"STANDPOINT_HOST": "0.0.0.0"}


@pytest.mark.parametrize(
    ("host", "reachable_by_others"),
    [
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("", True),
        ("192.0.2.1", True),
        ("no-such-host.invalid", True),
    ],
)
def test_which_addresses_only_this_machine_reaches(host: str, reachable_by_others: bool) -> None:
    assert on_loopback(host) is not reachable_by_others


def test_without_keys_it_refuses_to_be_reached_from_elsewhere_and_says_how_to_make_one(tmp_path: Path) -> None:
    line = refused(TWIN, tmp_path, **ANYWHERE)
    assert line.startswith("standpoint: to listen on 0.0.0.0 it needs a key")
    assert "standpoint keys create --name NAME --scope admin" in line
    assert "STANDPOINT_BOOTSTRAP_KEY" in line and "STANDPOINT_ALLOW_ANONYMOUS=true" in line


def test_a_bootstrap_key_that_could_be_guessed_is_refused_and_not_shown(tmp_path: Path) -> None:
    line = refused(TWIN, tmp_path, STANDPOINT_BOOTSTRAP_KEY="hunter2")
    assert line.startswith("standpoint: STANDPOINT_BOOTSTRAP_KEY: ") and "hunter2" not in line


def test_a_container_starts_with_a_bootstrap_key(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path, **ANYWHERE, STANDPOINT_BOOTSTRAP_KEY=BOOTSTRAP) as service:
        assert httpx.get(f"{service.address}/v1/articles").status_code == 401
        assert httpx.get(f"{service.address}/v1/articles", headers={"X-API-Key": BOOTSTRAP}).status_code == 200
        assert service.stop() == 0
        assert BOOTSTRAP not in "".join(service.lines)


def test_letting_everybody_in_is_warned_of(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path, **ANYWHERE, STANDPOINT_ALLOW_ANONYMOUS="true") as service:
        assert httpx.get(f"{service.address}/v1/articles").status_code == 200
        assert any('"warning"' in line and "STANDPOINT_ALLOW_ANONYMOUS" in line for line in service.lines)


def test_a_rate_url_that_is_none_is_one_line_without_its_password(tmp_path: Path) -> None:
    line = refused(TWIN, tmp_path, STANDPOINT_RATE_URL="http://me:hunter2@nowhere")
    assert "STANDPOINT_RATE_URL" in line and "hunter2" not in line


def test_keys_are_made_listed_rotated_and_revoked_beside_a_running_service(tmp_path: Path, database_url: str) -> None:
    variables = {"STANDPOINT_DATABASE_URL": database_url}

    def keys(*arguments: str) -> str:
        run = standpoint("keys", *arguments, environment=variables, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    first = keys("create", "--name", "press desk", "--scope", "write", "--expires", "90d")
    with serving(TWIN, tmp_path, **ANYWHERE, **variables, STANDPOINT_KEY_REFRESH_SECONDS="0") as service:

        def status(secret: str) -> int:
            return httpx.get(f"{service.address}/v1/articles", headers={"X-API-Key": secret}, timeout=30).status_code

        assert status(first) == 200
        second = keys("rotate", first[:11], "--grace", "1h")
        assert (status(first), status(second)) == (200, 200)
        keys("revoke", first[:11])
        assert (status(first), status(second)) == (401, 200)
        listing = keys("list")
        assert [line.split()[:3] for line in listing.splitlines()[1:]] == [
            [first[:11], "write", "revoked"],
            [second[:11], "write", "live"],
        ]
        assert first[12:] not in listing and second[12:] not in listing
        assert service.stop() == 0
        assert not any(secret[12:] in line for secret in (first, second) for line in service.lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--name", "x", "--scope", "read", "--expires", "soon"], "as in 90d"),
        (["create", "--name", " ", "--scope", "read"], "printable characters"),
        (["revoke", "sp_aaaaaaaa"], "standpoint keys list"),
        (["rotate", "sp_aaaaaaaa"], "standpoint keys list"),
    ],
)
def test_what_cannot_be_done_with_keys_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    run = standpoint("keys", *arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr and run.stderr.count("standpoint: ") == 1


def test_the_command_line_knows_the_scopes_of_the_domain() -> None:
    assert [choice.value for choice in ScopeChoice] == [scope.value for scope in Scope]
