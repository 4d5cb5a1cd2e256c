"""Keys, scopes and limits over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app.api import scopes
from app.api.application import build
from app.api.dependencies import UsesReviewer
from app.api.scopes import PUBLIC
from app.api.strict import StrictRoute
from app.domain.keys import Scope
from app.services import keys
from app.storage.database import Store
from tests.api.clients import article, client, problem

BOOTSTRAP = "b" * 20 + "0123456789abcdef"
Make = Callable[..., dict[str, str]]


@pytest.fixture
def make(store: Store) -> Make:
    """Creates a key; returns the headers that show it."""

    def create(scope: Scope = Scope.READ, *, lifetime: timedelta | None = None, name: str = "test") -> dict[str, str]:
        _, secret = asyncio.run(keys.create(store, name=name, scope=scope, lifetime=lifetime))
        return {"Authorization": f"Bearer {secret}"}

    return create


@pytest.fixture
def closed(store: Store, make: Make) -> Iterator[TestClient]:
    """A service that has keys and reads them anew for every request. There are more routes than a stranger may try at once."""
    make(name="the first")
    with client(store, key_refresh_seconds=0, address_rate=1_000) as opened:
        yield opened


def identifier(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")[:11]


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "0", path.replace("{asset}", "docs.js"))


def test_every_route_stands_in_the_table_of_scopes_and_nothing_else_does() -> None:
    found = {
        (method, str(getattr(route, "path", "")))
        for included in build().router.routes
        for route in getattr(getattr(included, "original_router", None), "routes", [included])
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD"
    }
    assert found == set(scopes.TABLE)


def test_only_what_tells_nothing_of_the_stored_is_public() -> None:
    public = {path for (_, path), scope in scopes.TABLE.items() if scope is PUBLIC}
    assert public == {"/healthz", "/readyz", "/docs", "/docs/{asset}", "/openapi.json"}


def test_a_route_that_nobody_put_into_the_table_needs_the_widest_scope() -> None:
    assert scopes.needed("POST", "/v1/forgotten") is Scope.ADMIN


def test_without_a_key_every_route_but_the_public_ones_is_refused(closed: TestClient) -> None:
    for (method, path), scope in scopes.TABLE.items():
        address = filled(path)
        answer = closed.request(method, address, headers={"Content-Type": "application/json"})
        if scope is PUBLIC:
            assert answer.status_code == 200, path
        else:
            problem(answer, 401, "key-required")
            assert answer.headers["www-authenticate"] == 'Bearer realm="standpoint"'


def test_a_key_is_taken_from_either_header(closed: TestClient, make: Make) -> None:
    shown = make()
    secret = shown["Authorization"].removeprefix("Bearer ")
    for headers in (shown, {"X-API-Key": secret}, {"Authorization": f"bearer  {secret}"}, {**shown, "X-API-Key": secret}):
        assert closed.get("/v1/articles", headers=headers).status_code == 200
    assert closed.head("/v1/articles", headers=shown).status_code == 200
    assert closed.head("/v1/articles").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": ""},
        {"X-API-Key": "sp_aaaaaaaa_" + "x" * 43},
        {"X-API-Key": "x" * 10_000},
        {"Authorization": "Basic bWU6aHVudGVyMg=="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a b"},
        {"Authorization": "Bearer \u00fc".encode("latin-1")},
    ],
)
def test_what_is_no_key_is_refused_and_never_repeated(closed: TestClient, headers: Any) -> None:
    answer = closed.get("/v1/articles", headers=headers)
    problem(answer, 401, "invalid-key")
    assert answer.headers["www-authenticate"] == 'Bearer realm="standpoint", error="invalid_token"'
    for value in headers.values():
        assert not value or str(value) not in answer.text


def test_two_different_keys_are_refused(closed: TestClient, make: Make) -> None:
    other = make()["Authorization"].removeprefix("Bearer ")
    problem(closed.get("/v1/articles", headers={**make(), "X-API-Key": other}), 401, "invalid-key")


def test_a_key_with_another_ending_opens_nothing(closed: TestClient, make: Make) -> None:
    shown = make()["Authorization"]
    changed = shown[:-1] + ("A" if shown[-1] != "A" else "B")
    problem(closed.get("/v1/articles", headers={"Authorization": changed}), 401, "invalid-key")


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_reaches_as_far_as_the_table_says(closed: TestClient, make: Make, scope: Scope) -> None:
    shown = make(scope)
    for (method, path), needed in scopes.TABLE.items():
        if needed is PUBLIC:
            continue
        answer = closed.request(method, filled(path), headers=shown)
        if scope.covers(needed):
            assert answer.status_code not in (401, 403), path
        else:
            problem(answer, 403, "scope-too-small")
            assert f'scope="{needed}"' in answer.headers["www-authenticate"]


def test_who_is_refused_has_not_been_read(closed: TestClient) -> None:
    """The body would be malformed; that it is never said shows that nobody looked."""
    answer = closed.post("/v1/articles", content=b"{" * 100, headers={"Content-Type": "text/plain"})
    problem(answer, 401, "key-required")


def test_a_revoked_key_is_refused_and_the_others_go_on(store: Store, closed: TestClient, make: Make) -> None:
    gone, kept = make(), make()
    asyncio.run(keys.revoke(store, identifier(gone)))
    problem(closed.get("/v1/articles", headers=gone), 401, "invalid-key")
    assert closed.get("/v1/articles", headers=kept).status_code == 200


def test_a_revoked_key_is_refused_by_another_replica_within_seconds(store: Store, make: Make) -> None:
    shown = make()
    elsewhere = Store(store.engine.url.render_as_string(hide_password=False))
    with client(elsewhere, key_refresh_seconds=1) as other:
        assert other.get("/v1/articles", headers=shown).status_code == 200
        asyncio.run(keys.revoke(store, identifier(shown)))
        time.sleep(1.1)
        assert other.get("/v1/articles", headers=shown).status_code == 401
    elsewhere.close()


def test_an_expired_key_is_refused(closed: TestClient, make: Make) -> None:
    shown = make(lifetime=timedelta(seconds=1))
    assert make(lifetime=timedelta(hours=1)) and closed.get("/v1/articles", headers=shown).status_code == 200
    time.sleep(1.1)
    problem(closed.get("/v1/articles", headers=shown), 401, "invalid-key")


def test_the_first_key_closes_a_running_service_and_revoking_it_does_not_open_it(store: Store, make: Make) -> None:
    with client(store, key_refresh_seconds=0) as http:
        assert http.get("/v1/articles").status_code == 200
        shown = make()
        problem(http.get("/v1/articles"), 401, "key-required")
        asyncio.run(keys.revoke(store, identifier(shown)))
        problem(http.get("/v1/articles"), 401, "key-required")


def test_a_bootstrap_key_stands_in_no_database_and_does_everything(store: Store) -> None:
    with client(store, bootstrap_key=BOOTSTRAP) as http:
        problem(http.get("/v1/articles"), 401, "key-required")
        stored = http.post("/v1/articles", json=article(), headers={"X-API-Key": BOOTSTRAP})
        assert stored.status_code == 201
    assert asyncio.run(keys.listed(store)) == []


def test_anonymous_callers_are_let_in_only_when_told(store: Store, make: Make) -> None:
    make()
    with client(store, host="0.0.0.0", allow_anonymous=True) as http:
        assert http.get("/v1/articles").status_code == 200
        problem(http.get("/v1/articles", headers={"X-API-Key": "wrong"}), 401, "invalid-key")


def test_the_last_use_is_written_when_the_service_ends(store: Store, make: Make) -> None:
    shown = make()
    with client(store) as http:
        assert http.get("/v1/articles", headers=shown).status_code == 200
    (key,) = asyncio.run(keys.listed(store))
    assert key.last_used_at and key.last_used_at >= key.created_at


def test_a_key_has_so_many_requests_and_then_waits(store: Store, make: Make) -> None:
    one, other = make(), make()
    with client(store, key_rate=0.25) as http:
        first = http.get("/v1/articles", headers=one)
        assert (first.status_code, first.headers["ratelimit-policy"]) == (200, '"key";q=1;w=4')
        assert first.headers["ratelimit"].startswith('"key";r=0;t=')
        second = http.get("/v1/articles", headers=one)
        problem(second, 429, "rate-exceeded")
        assert 1 <= int(second.headers["retry-after"]) <= 4
        assert http.get("/v1/articles", headers=other).status_code == 200
        assert http.get("/healthz", headers=one).status_code == 200


def test_guesses_at_keys_come_to_an_end_without_locking_out_who_has_one(store: Store, make: Make) -> None:
    shown = make()
    with client(store, address_rate=0.5) as http:
        guesses = [http.get("/v1/articles", headers={"X-API-Key": f"guess-{n}"}).status_code for n in range(4)]
        assert guesses == [401, 401, 429, 429]
        assert http.get("/v1/articles", headers=shown).status_code == 200


def test_on_loopback_without_keys_no_limit_holds(store: Store) -> None:
    with client(store, address_rate=0.25) as http:
        assert {http.get("/v1/countries").status_code for _ in range(10)} == {200}


def test_the_contract_says_how_to_identify_oneself_and_how_one_is_refused() -> None:
    contract = build().openapi()
    assert set(contract["components"]["securitySchemes"]) == {"bearer", "header"}
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            if scopes.needed(method.upper(), path) is PUBLIC:
                assert operation["security"] == []
                assert "401" not in operation["responses"]
            else:
                assert {"bearer": []} in operation["security"] and {"header": []} in operation["security"]
                assert {"401", "403", "429"} <= set(operation["responses"])
                assert "RateLimit" in operation["responses"]["429"]["headers"]
                assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]


def test_no_secret_stands_in_the_database(store: Store, make: Make) -> None:
    secret = make()["Authorization"].removeprefix("Bearer ")
    with store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM api_key").all()
    assert secret[:11] in str(rows)
    assert secret[12:] not in json.dumps([[str(value) for value in row] for row in rows])


def test_all_routes_are_checked_by_the_class_that_checks() -> None:
    for included in build().router.routes:
        for route in getattr(getattr(included, "original_router", None), "routes", []):
            assert isinstance(route, APIRoute) and type(route).__name__ == "StrictRoute"


@pytest.fixture
def asking_who() -> APIRouter:
    async def who(reviewer: UsesReviewer) -> str:
        return reviewer

    router = APIRouter(route_class=StrictRoute)
    router.add_api_route("/reviewer", who)
    return router


def test_the_reviewer_is_who_showed_the_key_and_stays_so_when_it_is_rotated(
    store: Store, make: Make, asking_who: APIRouter
) -> None:
    shown = make(Scope.ADMIN, name="Ada")
    _, secret = asyncio.run(keys.rotate(store, identifier(shown), grace=timedelta(hours=1)))
    with client(store) as opened:
        opened.app.include_router(asking_who)  # type: ignore[attr-defined]
        for headers in (shown, {"X-API-Key": secret}):
            assert opened.get("/reviewer", headers=headers).json() == "Ada"
        problem(opened.get("/reviewer"), 401, "key-required")


def test_without_keys_the_reviewer_is_anonymous(store: Store, asking_who: APIRouter) -> None:
    with client(store) as opened:
        opened.app.include_router(asking_who)  # type: ignore[attr-defined]
        assert opened.get("/reviewer").json() == "anonymous"
