"""A rumour in twelve outlets over five days, with denials: `/spread` tells the story in order.

The project wrote the articles itself. The twin reads them on both databases, and the real weights once, where they are there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import open_annotator, open_claims
from app.services.ports import Annotator, ClaimReader
from app.settings import Settings
from app.storage import schema
from app.storage.database import Store
from tests.api.clients import client
from tests.services.bulk import run_all
from tests.twins import DictionaryAnnotator, DictionaryReader

CLAIM = "Mongolia closed its border with China"
ARTICLES = [json.loads(line) for line in (Path(__file__).parent / "data" / "rumour.ndjson").read_text("utf-8").splitlines()]
FIRST_DAY, LAST_DAY = "2024-03-04", "2024-03-08"


@contextmanager
def opened(url: str) -> Iterator[Store]:
    if url.startswith("sqlite"):
        schema.migrate(url)
    store = Store(url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def readers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Annotator, ClaimReader]]:
    url = f"sqlite:///{tmp_path}/twin.db" if request.param == "sqlite" else request.getfixturevalue("emptied_postgres")
    with opened(url) as store:
        yield store, DictionaryAnnotator(), DictionaryReader()


def told(report: dict[str, Any]) -> tuple[str, str, str]:
    return report["article"]["publisher"], report["article"]["published_at"], report["stance"]


def expected(stance: str | None = None) -> list[tuple[str, str, str]]:
    """In the order of time, without the copy, the undated letter and the one about goats."""
    found = [
        (each["publisher"], each["published_at"], each["stance"])
        for each in ARTICLES
        if "published_at" in each and each["stance"] != "unrelated" and each["publisher"] != "Nordic Wire"
    ]
    return sorted((each for each in found if stance in (None, each[2])), key=lambda each: each[1])


def read_in_either_order(http: TestClient, store: Store, annotator: Annotator, reader: ClaimReader) -> str:
    """Half of the articles are there before the claim, the others come in later, the last days first."""
    for part in (ARTICLES[::2], ARTICLES[1::2][::-1]):
        for each in part:
            article = {name: value for name, value in each.items() if name != "stance"}
            assert http.post("/v1/articles", json=article).status_code == 201
        made = http.post("/v1/claims", json={"text": CLAIM})
        asyncio.run(run_all(store, annotator, claims=reader))
    return str(made.json()["id"])


def test_the_story_is_told_in_order(readers: tuple[Store, Annotator, ClaimReader]) -> None:
    store, annotator, reader = readers
    with client(store, annotator=annotator, claims=reader) as http:
        claim_id = read_in_either_order(http, store, annotator, reader)
        story = http.get(f"/v1/claims/{claim_id}/spread?limit=200").json()
        assert [told(report) for report in story["items"]] == expected()
        who_was_first_and_who_followed(story)
        the_copy_is_folded_and_the_letter_stands_apart(story)
        pages_tell_the_same(http, claim_id, story)
        evidence_is_verbatim(http, story)
        series = http.get(f"/v1/claims/{claim_id}/series").json()
        assert (series["points"][0]["start"], series["points"][-1]["start"]) == (FIRST_DAY, LAST_DAY)


def test_the_real_model_tells_who_was_first_and_most_of_the_story(tmp_path: Path) -> None:
    with (
        opened(f"sqlite:///{tmp_path}/real.db") as store,
        open_annotator(Settings()) as annotator,
        open_claims(Settings(), annotator) as reader,
        client(store, annotator=annotator, claims=reader) as http,
    ):
        assert reader is not None
        claim_id = read_in_either_order(http, store, annotator, reader)
        story = http.get(f"/v1/claims/{claim_id}/spread?limit=200").json()
        evidence_is_verbatim(http, story)
    items = [told(report) for report in story["items"]]
    assert items == sorted(items, key=lambda item: item[1])
    # Of twelve, eight are told as they were meant, three otherwise, and the gate holds one off.
    assert len(expected()) == 12
    assert len(set(items) & set(expected())) >= 8
    first = {course["stance"]: told(course["first"]) for course in story["courses"] if course["first"]}
    assert first["agree"] == expected("agree")[0]
    assert first["disagree"] == expected("disagree")[0]


def who_was_first_and_who_followed(story: dict[str, Any]) -> None:
    courses = {course["stance"]: course for course in story["courses"]}
    assert list(courses) == ["agree", "disagree", "discuss"]
    for stance, publisher, outlets, followed in (
        ("agree", "Steppe Courier", 4, [2, 3, 3]),
        ("disagree", "Capital Tribune", 5, [1, 4, 4]),
        ("discuss", "Harbour Gazette", 3, [1, 2, 2]),
    ):
        course = courses[stance]
        assert told(course["first"]) == expected(stance)[0] and course["first"]["article"]["publisher"] == publisher
        assert (course["outlets"], course["reports"]) == (outlets, len(expected(stance)))
        assert [each["days"] for each in course["followed"]] == [1, 7, 30]
        assert [each["outlets"] for each in course["followed"]] == followed


def the_copy_is_folded_and_the_letter_stands_apart(story: dict[str, Any]) -> None:
    assert [report["copies"] for report in story["items"]] == [1] + [0] * (len(story["items"]) - 1)
    assert story["undated"]["count"] == 1
    (letter,) = story["undated"]["items"]
    assert told(letter) == ("Evening Star", None, "discuss")


def pages_tell_the_same(http: TestClient, claim_id: str, story: dict[str, Any]) -> None:
    read, address = [], f"/v1/claims/{claim_id}/spread?limit=5"
    while address:
        page = http.get(address)
        assert page.json()["courses"] == story["courses"]
        read += page.json()["items"]
        address = page.links.get("next", {}).get("url", "")
    assert read == story["items"]


def evidence_is_verbatim(http: TestClient, story: dict[str, Any]) -> None:
    for report in story["items"]:
        article = http.get(f"/v1/articles/{report['article']['id']}").json()
        assert report["evidence"]
        for each in report["evidence"]:
            assert article[each["field"]][each["start"] : each["end"]] == each["quote"]
