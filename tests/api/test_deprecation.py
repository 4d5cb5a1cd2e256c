from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from app.api import openapi
from app.api.application import build
from app.api.deprecation import NOTICE, deprecated
from app.api.responses import failures, success
from app.api.schemas_stances import StanceCountsResponse
from app.api.strict import StrictRoute
from app.domain.errors import ArticleNotFound
from app.main import create_app
from app.settings import Settings
from app.storage.database import Store
from tests.api.clients import LIMIT
from tests.twins import DictionaryAnnotator

SINCE, SUNSET = date(2027, 1, 1), date(2027, 7, 1)
COUNTS = StanceCountsResponse(favor=1, neutral=2, against=3, undecided=0)


def outgoing() -> APIRouter:
    """One operation that is on its way out."""
    router = APIRouter(prefix="/v1", tags=["stances"], route_class=StrictRoute)

    @router.get(
        "/old",
        summary="Count",
        responses=success(200, "Counts.", COUNTS) | failures(ArticleNotFound("x")),
        **deprecated(since=SINCE, sunset=SUNSET, successor="/v1/stances/series"),
    )
    async def get_old(missing: bool = False) -> StanceCountsResponse:
        """As it was."""
        if missing:
            raise ArticleNotFound("x")
        return COUNTS

    return router


@pytest.fixture(scope="module")
def application(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The whole application, and that operation."""
    store = Store(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path_factory.mktemp('deprecation'))}")
    app = create_app(Settings(), annotator=DictionaryAnnotator(limit=LIMIT), store=store)
    app.include_router(outgoing())
    yield app
    store.close()


@pytest.fixture(scope="module")
def http(application: FastAPI) -> Iterator[TestClient]:
    with TestClient(application) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "query", "status"), [("GET", "", 200), ("HEAD", "", 200), ("GET", "?missing=true", 404), ("GET", "?x=1", 422)]
)
def test_every_answer_of_a_deprecated_operation_says_so(http: TestClient, method: str, query: str, status: int) -> None:
    response = http.request(method, f"/v1/old{query}")
    assert response.status_code == status
    since = datetime.fromtimestamp(int(response.headers["deprecation"].removeprefix("@")), UTC)
    assert since.date() == SINCE
    assert response.headers["sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
    assert parsedate_to_datetime(response.headers["sunset"]).date() == SUNSET
    assert response.headers["link"] == '</v1/stances/series>; rel="successor-version"'


def test_other_operations_say_nothing_of_it(http: TestClient) -> None:
    assert not {"deprecation", "sunset", "link"} & set(http.get("/healthz").headers)


def test_the_document_marks_it_and_describes_its_headers(application: FastAPI) -> None:
    document: dict[str, Any] = openapi.document(application)
    operation = document["paths"]["/v1/old"]["get"]
    assert operation["deprecated"] is True
    assert (operation["x-deprecated-since"], operation["x-sunset"]) == ("2027-01-01", "2027-07-01")
    for answer in operation["responses"].values():
        assert {"Deprecation", "Sunset"} <= set(answer["headers"])
    assert {"Deprecation", "Sunset"} <= set(document["components"]["headers"])


def test_headers_that_nothing_uses_are_not_in_the_document() -> None:
    assert "Sunset" not in openapi.document(build())["components"]["headers"]


def test_a_sunset_without_notice_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 180 days"):
        deprecated(since=SINCE, sunset=date(2027, 6, 1), successor="/v1/stances")
    assert deprecated(since=SINCE, sunset=SINCE + NOTICE, successor="/v1/stances")["deprecated"]
