from __future__ import annotations

import re

from fastapi.testclient import TestClient

from app.api.docs import ASSETS, STATIC


def test_the_page_loads_only_what_this_server_has(stateless: TestClient) -> None:
    page = stateless.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "'unsafe-eval'" not in page.headers["content-security-policy"]
    assert "script-src 'self';" in page.headers["content-security-policy"]
    found = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(found) == 5
    for address in found:
        assert stateless.get("/" + address).status_code == 200
    assert "http" not in page.text


def test_no_script_asks_another_server(stateless: TestClient) -> None:
    assert "http" not in stateless.get("/docs/docs.js").text.replace("https://validator", "")
    styles = stateless.get("/docs/swagger-ui.css").text
    assert not re.search(r"url\(['\"]?https?:", styles)
    assert "@import" not in styles


def test_the_page_shows_the_contract(stateless: TestClient) -> None:
    assert 'url: "openapi.json"' in stateless.get("/docs/docs.js").text
    assert stateless.get("/openapi.json").json()["info"]["title"] == "Standpoint"


def test_what_is_vendored_comes_with_its_licence_and_version() -> None:
    names = {path.name for path in (STATIC / "swagger-ui").iterdir()}
    assert {"LICENSE", "NOTICE", "VERSION", "swagger-ui-bundle.js.LICENSE.txt"} <= names
    assert all(path.is_file() for path in ASSETS.values())
