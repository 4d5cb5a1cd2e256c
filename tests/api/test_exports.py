"""Exports over HTTP: the three forms, what is in them, and how one goes on after a cut."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

from app.api import downloads
from app.api import parquet as parquet_file
from app.api.export_formats import Format
from app.api.problems import RequestError
from app.domain import exports
from app.services import export
from app.storage.database import Store
from tests.api.clients import client, pointers, problem
from tests.samples import ScriptedAnnotator, judgement

ARTICLES: list[dict[str, Any]] = [
    {"text": "France praised Germany.", "publisher": "A", "published_at": "2024-01-01", "url": "https://a.example/1"},
    {
        "text": "France condemned Belarus. Belarus accused France.",
        "publisher": "A",
        "published_at": "2024-01-02T23:30:00-01:00",
        "title": 'x\n"y", z',
    },
    {
        "text": "Kenya hailed China. China thanked Kenya.",
        "publisher": "=1+1",
        "published_at": "2024-02-10",
        "metadata": {"é": ["\u2028", 1.0]},
    },
    {"text": "Reporters condemned China twice.", "external_id": "-2", "language": "en"},
    {"text": "Nothing of note happened.", "publisher": "B", "published_at": "2023-12-31"},
]
KINDS = ("stances", "relations", "articles")


@pytest.fixture
def stored(http: TestClient) -> TestClient:
    for article in ARTICLES:
        assert http.post("/v1/articles", json=article).status_code == 201
    return http


@pytest.fixture
def in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 3)


def lines(http: TestClient, kind: str, **parameters: Any) -> list[dict[str, Any]]:
    response = http.get(f"/v1/exports/{kind}", params=parameters)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.split("\n")[:-1]]


def listed(http: TestClient, kind: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"/v1/{kind}", params={**parameters, "limit": 200}).json()["items"]
    return found[::-1]


def test_an_export_of_stances_says_what_the_list_says(stored: TestClient, in_small_chunks: None) -> None:
    exported = lines(stored, "stances")
    assert len(exported) == 7
    for line, item in zip(exported, listed(stored, "stances"), strict=True):
        article, evidence, scores = item.pop("article"), item.pop("evidence"), item.pop("scores")
        assert line.pop("cursor")
        assert line.pop("created_at") == item.pop("created_at")
        shown = {f"evidence_{name}": evidence[name] for name in ("field", "start", "end", "quote")}
        about = {"article_id": article.pop("id"), **article}
        assert line == {**item, **shown, **about, **scores}


def test_an_export_of_relations_says_what_the_list_says(stored: TestClient, in_small_chunks: None) -> None:
    exported = lines(stored, "relations")
    assert [(line["from"], line["to"], line["stance"]) for line in exported] == [
        ("FR", "DE", "favor"),
        ("FR", "BY", "against"),
        ("BY", "FR", "against"),
        ("KE", "CN", "favor"),
        ("CN", "KE", "favor"),
    ]
    for line, item in zip(exported, listed(stored, "relations"), strict=True):
        article, evidence = item.pop("article"), item.pop("evidence")
        assert line.pop("cursor")
        shown = {f"evidence_{name}": evidence[name] for name in ("field", "start", "end", "quote")}
        assert line == {**item, **shown, "article_id": article.pop("id"), **article}


def test_an_export_of_articles_says_what_the_list_says(stored: TestClient, in_small_chunks: None) -> None:
    exported = lines(stored, "articles")
    for line in exported:
        assert line.pop("cursor")
    assert exported == listed(stored, "articles")


@pytest.mark.parametrize("kind", ["stances", "articles"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"country": ["CN", "FR"]},
        {"stance": "against"},
        {"publisher": "A"},
        {"published_from": "2024-01-02", "published_to": "2024-02-10"},
        {"country": "NO"},
    ],
)
def test_the_filters_of_a_list_are_those_of_its_export(
    stored: TestClient, in_small_chunks: None, kind: str, parameters: dict[str, Any]
) -> None:
    key = {"stances": ("annotation_id", "country"), "articles": ("id",)}[kind]
    expected = [[item[name] for name in key] for item in listed(stored, kind, **parameters)]
    assert [[line[name] for name in key] for line in lines(stored, kind, **parameters)] == expected


def test_csv_has_the_same_lines_under_a_header(stored: TestClient, in_small_chunks: None) -> None:
    response = stored.get("/v1/exports/stances?format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["content-disposition"] == 'attachment; filename="stances.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    for row, line in zip(rows, lines(stored, "stances"), strict=True):
        harmless = "'" if str(line["publisher"]).startswith("=") else ""
        expected = {name: "" if value is None else str(value) for name, value in line.items()}
        assert row == expected | {"publisher": f"{harmless}{expected['publisher']}"}
    assert [row["publisher"] for row in rows] == ["A", "A", "A", "A", "'=1+1", "'=1+1", ""]


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_a_csv_file_begins_like_a_formula(http: TestClient, beginning: str) -> None:
    http.post("/v1/articles", json={"text": "France slept.", "title": f"{beginning}HYPERLINK(1)", "publisher": f"{beginning}x"})
    for kind in KINDS:
        for row in csv.reader(io.StringIO(http.get(f"/v1/exports/{kind}?format=csv").text, newline="")):
            assert not [cell for cell in row if cell.startswith(beginning)]
    assert lines(http, "articles")[0]["title"] == f"{beginning}HYPERLINK(1)"


def test_a_parquet_file_has_the_same_lines_with_types(stored: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    monkeypatch.setattr(parquet_file, "ROWS", 3)
    for kind in KINDS:
        response = stored.get(f"/v1/exports/{kind}?format=parquet")
        assert response.headers["content-type"] == "application/vnd.apache.parquet"
        file = parquet.ParquetFile(io.BytesIO(response.content))
        assert file.metadata.num_row_groups > 1
        assert str(file.schema_arrow.field("created_at").type) == "timestamp[us, tz=UTC]"
        for row, line in zip(file.read().to_pylist(), lines(stored, kind), strict=True):
            del line["cursor"]
            for name in ("created_at", "updated_at"):
                if name in line:
                    row[name] = row[name].isoformat().replace("+00:00", "Z")
            if kind == "articles":
                row["metadata"] = json.loads(row["metadata"])
            assert row == line


@pytest.mark.parametrize("form", Format)
def test_an_export_of_nothing_is_an_empty_file(http: TestClient, form: Format) -> None:
    for kind, columns in (("stances", exports.STANCE), ("relations", exports.RELATION), ("articles", exports.ARTICLE)):
        content = http.get(f"/v1/exports/{kind}", params={"format": form}).content
        if form is Format.NDJSON:
            assert content == b""
        elif form is Format.CSV:
            assert content.decode() == ",".join(columns) + "\r\n"
        else:
            assert parquet.ParquetFile(io.BytesIO(content)).schema_arrow.names == [name for name in columns if name != "cursor"]


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_cut_the_cursor_of_the_last_line_brings_the_rest(stored: TestClient, in_small_chunks: None, kind: str) -> None:
    whole = lines(stored, kind)
    for place, line in enumerate(whole):
        assert lines(stored, kind, cursor=line["cursor"]) == whole[place + 1 :]
    rest = stored.get(f"/v1/exports/{kind}", params={"format": "csv", "cursor": whole[1]["cursor"]}).text
    assert stored.get(f"/v1/exports/{kind}?format=csv").text.endswith(rest)
    assert len(list(csv.reader(io.StringIO(rest, newline="")))) == len(whole) - 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_in_after_the_beginning_is_in_no_part(stored: TestClient, kind: str) -> None:
    whole = lines(stored, kind)
    stored.post("/v1/articles", json={"text": "China thanked Kenya."})
    assert lines(stored, kind, cursor=whole[0]["cursor"]) == whole[1:]
    assert len(lines(stored, kind)) > len(whole)


def test_an_article_that_comes_in_while_an_export_runs_is_not_in_it(
    stored: TestClient, in_small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, numbers = lines(stored, "stances"), iter(range(100))

    def storing(self: Any, given: Any, *, done: bool) -> bytes:
        stored.post("/v1/articles", json={"text": f"China thanked Kenya {next(numbers)} times."})
        return b"".join(json.dumps(line[:-1]).encode() + b"\n" for line in given)

    monkeypatch.setattr(downloads.NdjsonEncoder, "__call__", storing)
    exported = lines(stored, "stances")
    assert next(numbers) == 3, "one for each chunk"
    assert [line[0] for line in exported] == [line["article_id"] for line in expected]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [Format.NDJSON, Format.CSV])
def test_what_came_in_after_a_cut_is_not_in_the_rest(stored: TestClient, in_small_chunks: None, kind: str, form: Format) -> None:
    whole = stored.get(f"/v1/exports/{kind}?format={form}").text
    cursors = [line["cursor"] for line in lines(stored, kind)]
    for number in range(5):
        assert stored.post("/v1/articles", json={"text": f"France thanked Kenya {number} times."}).status_code == 201
    header = [whole.splitlines(keepends=True)[0]] if form is Format.CSV else []
    for cursor in cursors:
        rest = stored.get(f"/v1/exports/{kind}", params={"format": form, "cursor": cursor}).text
        before = whole[: len(whole) - len(rest)]
        assert before + rest == whole and before.startswith("".join(header)) and cursor in before.rstrip().split(",")[-1]
    assert len(lines(stored, kind)) > len(cursors)


def test_what_was_deleted_after_a_cut_is_not_in_the_rest_and_all_else_is(stored: TestClient, in_small_chunks: None) -> None:
    whole = lines(stored, "articles")
    for gone in (whole[1], whole[3]):
        assert stored.delete(f"/v1/articles/{gone['id']}").status_code == 204
    assert lines(stored, "articles", cursor=whole[1]["cursor"]) == [whole[2], whole[4]]


def test_a_cursor_of_another_export_is_refused(stored: TestClient) -> None:
    cursor = lines(stored, "stances", country="FR")[0]["cursor"]
    other_place = cursor[:-1] + "x"
    other_mark = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for path in (
        f"/v1/exports/stances?cursor={cursor}",
        f"/v1/exports/stances?country=CN&cursor={cursor}",
        f"/v1/exports/articles?country=FR&cursor={cursor}",
        f"/v1/exports/stances?country=FR&cursor={other_place}",
        f"/v1/exports/stances?country=FR&cursor={other_mark}",
        f"/v1/exports/stances?country=FR&cursor={cursor}.1",
        f"/v1/exports/stances?country=FR&cursor={cursor.rsplit('.', 1)[0]}",
        f"/v1/exports/stances?country=FR&cursor={cursor}99999",
        f"/v1/stances?country=FR&cursor={cursor}",
    ):
        problem(stored.get(path), 422, "invalid-cursor")


def test_a_parquet_file_cannot_be_continued(stored: TestClient) -> None:
    cursor = lines(stored, "stances")[0]["cursor"]
    refused = stored.get("/v1/exports/stances", params={"format": "parquet", "cursor": cursor})
    assert pointers(problem(refused, 422, "invalid-request")) == ["#/query/cursor"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", Format.NDJSON),
        ("text/csv", Format.CSV),
        ("TEXT/CSV; charset=utf-8", Format.CSV),
        ("text/*", Format.CSV),
        ("application/vnd.apache.parquet", Format.PARQUET),
        ("application/jsonl", Format.NDJSON),
        ("application/json, text/csv;q=0.5, */*;q=0.1", Format.CSV),
        ("application/x-ndjson;q=0.2, text/csv;q=0.3", Format.CSV),
        ("application/x-ndjson;q=0, application/ndjson;q=0, */*", Format.NDJSON),
    ],
)
def test_accept_chooses_the_form(accept: str, form: Format) -> None:
    assert downloads.preferred(accept) is form


@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/csv;q=0", "", "text/csv;q=many", ",;,"])
def test_a_form_that_is_not_there_is_refused(stateless: TestClient, accept: str) -> None:
    with pytest.raises(RequestError):
        downloads.preferred(accept)
    problem(stateless.get("/v1/exports/stances", headers={"Accept": accept or ","}), 406, "not-acceptable")
    assert stateless.get("/v1/exports/stances?format=csv", headers={"Accept": accept or ","}).status_code == 200


def test_without_pyarrow_parquet_is_a_clear_problem(stateless: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "pyarrow", None)
    found = problem(stateless.get("/v1/exports/stances?format=parquet"), 501, "parquet-not-installed")
    assert "standpoint[parquet]" in found["detail"]


def test_head_of_an_export_reads_nothing_more_than_its_beginning(
    stored: TestClient, in_small_chunks: None, statements: list[str]
) -> None:
    statements.clear()
    head = stored.head("/v1/exports/stances?format=csv")
    assert head.headers["content-type"].startswith("text/csv") and head.content == b""
    assert len([statement for statement in statements if "FROM stance" in statement]) == 1


def test_an_article_is_never_cut_in_two_by_a_chunk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 5)
    said = [judgement(code) for code in ("CN", "FR", "KE", "RU")]
    chunks: list[list[str]] = []

    def noting(self: Any, given: Any, *, done: bool) -> bytes:
        chunks.append([line[0] for line in given])
        return b""

    monkeypatch.setattr(downloads.NdjsonEncoder, "__call__", noting)
    with client(store, annotator=ScriptedAnnotator({"x": said})) as http:
        for number in range(3):
            http.post("/v1/articles", json={"text": "x", "external_id": str(number)})
        http.get("/v1/exports/stances")
    assert [len(chunk) for chunk in chunks] == [4, 4, 4]
    assert all(len(set(chunk)) == 1 for chunk in chunks)


def test_nothing_of_an_export_may_be_kept(stored: TestClient) -> None:
    response = stored.get("/v1/exports/articles")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"
