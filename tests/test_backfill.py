"""Rows that 0.1.0 wrote answer every question of this version, as if this version had stored the same articles.

`rows_of_0_1_0.json` has all rows of a database that the released 0.1.0 filled with its own model: two near-duplicates, an article
without countries, an undated one, and one whose text was replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Date, DateTime, MetaData, Table, Uuid, insert

from app.domain.values import Annotation, ArticleText, Coverage
from app.storage import judgements, schema
from app.storage.database import Store
from tests.api.clients import client
from tests.samples import ScriptedAnnotator
from tests.test_migrations import connected

ROWS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "data" / "rows_of_0_1_0.json").read_text(encoding="utf-8")
)
FIRST = "20261122"
DIFFERENT = {"id", "article_id", "annotation_id", "created_at", "updated_at", "duplicate_group", "href", "next_cursor", "cursor"}
"""What no two databases have in common. Groups are compared by who shares them."""

QUESTIONS = [
    *("articles", "stances", "countries", "publishers", "models", "exports/stances", "exports/articles"),
    *("articles?country=DE", "stances?country=DE&country=CN&sort=published_at", "stances?stance=against"),
    *("stances?voice=author", "stances?voice=attributed&stance=against", "stances?kind=capital", "stances?kind=demonym"),
    *("stances?language=en", "stances?language=und", "stances?min_score=0.6&min_salience=0.3", "stances?judged_by=model"),
    *("stances?judged_by=human", "stances?publisher=%C3%89toile", "articles?url=https://herald.example/1"),
    *("stances?published_from=2024-05-07&published_to=2024-06-30", "stances?model=standpoint-en@4fc85958e0e6"),
    *("articles?q=crossing", "articles?q=%22the+crossing%22+-grodno", "stances?q=cafe", "articles?q=earlier", "articles?q=oslo"),
    *("stances?collapse=true", "articles?collapse=true", "stances/summary?group_by=country&group_by=month&collapse=true"),
    *(f"stances/summary?group_by={by}" for by in ("country", "publisher", "stance", "day", "week", "month", "language")),
    *("stances/series?interval=month", "countries/DE/related", "countries/CN/related?collapse=true"),
]


@pytest.fixture
def upgraded(empty_url: str) -> Iterator[Store]:
    """A database of 0.1.0, migrated to this version."""
    with connected(empty_url) as connection:
        command.upgrade(schema.alembic_config(connection), FIRST)
        fill(connection)
    schema.migrate(empty_url)
    store = Store(empty_url)
    yield store
    store.close()


def fill(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for name, rows in ROWS.items():
        connection.execute(insert(tables.tables[name]), [typed(tables.tables[name], row) for row in rows])


def typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value_of(value, table.columns[name].type) for name, value in row.items()}


def value_of(value: Any, kind: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"hex"}:
        given = bytes.fromhex(value["hex"])
        return UUID(bytes=given) if isinstance(kind, Uuid) else given
    if isinstance(value, str) and isinstance(kind, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC if kind.timezone else None)
    if isinstance(value, str) and isinstance(kind, Date):
        return date.fromisoformat(value)
    return bool(value) if kind.python_type is bool else value


class Repeating(ScriptedAnnotator):
    """Says of each text what the model of 0.1.0 said of it."""

    def __init__(self) -> None:
        texts = {(row["article_id"]["hex"], row["number"]): row["body"] for row in ROWS["revision"]}
        self.said = {texts[row["article_id"]["hex"], row["revision"]]: row for row in ROWS["annotation"]}
        super().__init__(version=ROWS["annotation"][0]["model"])

    async def annotate(self, text: ArticleText, **_: Any) -> Annotation:
        row = self.said[text.body]
        coverage = Coverage(row["characters"], row["encoded_characters"], row["passages"])
        return Annotation(
            model=row["model"], language=row["language"], coverage=coverage, countries=judgements.load(row["judgements"])
        )


def submitted(http: TestClient) -> None:
    """The same articles, sent to this version."""
    texts = {(row["article_id"]["hex"], row["number"]): row for row in ROWS["revision"]}
    for row in ROWS["article"]:
        identifier = row["id"]["hex"]
        given = {name: row[name] for name in ("publisher", "external_id", "url", "language", "metadata") if row[name] is not None}
        at = row["published_at"]
        given["published_at"] = f"{at.replace(' ', 'T')}Z" if at else row["published_day"]
        for number in range(1, row["revision"] + 1):
            text = texts[identifier, number]
            body = {"text": text["body"], "title": text["title"]}
            if number == 1:
                stored = http.post("/v1/articles", json={**given, **body})
                assert stored.status_code == 201, stored.text
            else:
                assert http.put(f"{stored.headers['location']}/text", json=body).status_code == 200


def answered(http: TestClient, question: str) -> Any:
    response = http.get(f"/v1/{question}")
    assert response.status_code == 200, f"{question}: {response.text}"
    if response.headers["content-type"] == "application/x-ndjson":
        return [common(json.loads(line)) for line in response.text.splitlines()]
    return common(response.json())


def common(value: Any) -> Any:
    if isinstance(value, list):
        return [common(each) for each in value]
    if isinstance(value, dict):
        return {name: common(each) for name, each in value.items() if name not in DIFFERENT}
    return value


def groups(http: TestClient) -> list[list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for item in http.get("/v1/articles?limit=200").json()["items"]:
        if item["duplicate_group"]:
            found.setdefault(item["duplicate_group"], []).append(item["external_id"])
    return sorted(found.values())


def test_what_0_1_0_stored_answers_as_what_is_stored_now(upgraded: Store, tmp_path: Path) -> None:
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    schema.migrate(fresh)
    other = Store(fresh)
    with client(upgraded, annotator=Repeating()) as old, client(other, annotator=Repeating()) as new:
        submitted(new)
        for question in QUESTIONS:
            assert answered(old, question) == answered(new, question), question
        assert groups(old) == groups(new) == [["e-1", "h-1"]]
    other.close()


def test_the_questions_have_answers(upgraded: Store) -> None:
    with client(upgraded, annotator=Repeating()) as http:
        empty = [question for question in QUESTIONS if not rows_of(answered(http, question))]
    assert empty == ["stances?language=und", "stances?judged_by=human", "articles?q=earlier"]


def rows_of(answer: Any) -> Any:
    return answer if isinstance(answer, list) else answer.get("items") or answer.get("groups") or answer.get("points")


def test_what_0_1_0_stored_can_be_corrected_changed_and_deleted(upgraded: Store) -> None:
    with client(upgraded, annotator=Repeating()) as http:
        for item in http.get("/v1/articles").json()["items"]:
            address = f"/v1/articles/{item['id']}"
            whole = http.get(address).json()
            assert whole["annotation"]["model"] == ROWS["annotation"][0]["model"]
            assert len(http.get(f"{address}/annotations").json()["items"]) == whole["revision"]
            made = http.post(f"{address}/corrections", json={"country": "KE", "stance": "favor"})
            assert made.status_code == 201
            assert http.patch(address, json={"publisher": "Renamed"}).status_code == 200
        found = http.get("/v1/stances?country=KE&publisher=Renamed&judged_by=human").json()["items"]
        assert len(found) == len(ROWS["article"])
        for item in http.get("/v1/articles").json()["items"]:
            assert http.delete(f"/v1/articles/{item['id']}").status_code == 204
        assert http.get("/v1/stances").json()["items"] == []


def test_the_same_article_sent_again_is_the_one_of_0_1_0(upgraded: Store) -> None:
    first, text = ROWS["article"][0], ROWS["revision"][0]
    given = {name: first[name] for name in ("publisher", "external_id", "url", "language", "metadata")}
    body = {**given, "published_at": first["published_day"], "text": text["body"], "title": text["title"]}
    with client(upgraded, annotator=Repeating()) as http:
        again = http.post("/v1/articles", json=body)
    assert (again.status_code, again.json()["id"]) == (200, str(UUID(first["id"]["hex"])))
