from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.clients import TEXT, article, pointers, problem

ABSENT = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"


def created(http: TestClient, **changes: Any) -> dict[str, Any]:
    response = http.post("/v1/articles", json=article(**changes))
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_submitted_article_is_stored_with_its_annotation(http: TestClient) -> None:
    response = http.post("/v1/articles", json=article(metadata={"desk": "world"}))
    stored = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/articles/{stored['id']}"
    assert (stored["status"], stored["revision"], stored["metadata"]) == ("annotated", 1, {"desk": "world"})
    assert stored["annotation"]["article_id"] == stored["id"]
    assert stored["annotation"]["countries"][0]["country"] == "FR"
    assert http.get(response.headers["location"]).json() == stored
    assert http.get(f"/v1/annotations/{stored['annotation']['id']}").json() == stored["annotation"]


def test_the_same_article_again_is_answered_with_the_stored_one(http: TestClient) -> None:
    first = created(http)
    again = http.post("/v1/articles", json=article())
    assert (again.status_code, again.json()) == (200, first)
    assert again.headers["location"] == f"/v1/articles/{first['id']}"


def test_another_article_with_the_same_identity_is_a_conflict_that_names_the_differences(http: TestClient) -> None:
    first = created(http, external_id="7")
    found = problem(
        http.post("/v1/articles", json=article(external_id="7", title="Other", published_at="2024-02-29")),
        409,
        "article-conflict",
    )
    assert found["article_id"] == first["id"]
    assert set(pointers(found)) == {"#/title", "#/published_at"}


def test_twenty_simultaneous_submissions_make_one_article(http: TestClient) -> None:
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: http.post("/v1/articles", json=article()), range(20)))
    assert sorted(response.status_code for response in responses) == [200] * 19 + [201]
    assert len({response.json()["id"] for response in responses}) == 1


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        ("2022-09-26", "2022-09-26"),
        ("2022-09-26T10:00:00Z", "2022-09-26T10:00:00Z"),
        ("2022-09-26T10:00:00.25Z", "2022-09-26T10:00:00.250000Z"),
        ("2022-09-26T00:30:00+02:00", "2022-09-25T22:30:00Z"),
        (None, None),
    ],
)
def test_a_publication_time_keeps_its_precision(http: TestClient, given: str | None, returned: str | None) -> None:
    stored = created(http, published_at=given)
    assert stored["published_at"] == returned
    assert http.get(f"/v1/articles/{stored['id']}").json()["published_at"] == returned


@pytest.mark.parametrize(
    "published_at",
    [
        1664150400,
        20220926,
        True,
        "",
        "26.09.2022",
        "2022-9-26",
        "2022-02-30",
        "2022-13-01",
        "0001-01-01",
        "9999-12-31T23:59:59-23:59",
        "2022-09-26T10:00:00",
        "2022-09-26T10:00Z",
        "2022-09-26 10:00:00Z",
        "2022-09-26T24:00:00Z",
        "2022-09-26T10:00:00Z\n",
        "２０２２-09-26",
        {"day": "2022-09-26"},
    ],
)
def test_what_is_no_date_is_refused(stateless: TestClient, published_at: Any) -> None:
    found = problem(stateless.post("/v1/articles", json=article(published_at=published_at)), 422, "invalid-request")
    assert pointers(found) == ["#/published_at"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", ""),
        ("external_id", "x" * 201),
        ("publisher", "  "),
        ("url", "javascript:alert(1)"),
        ("url", "/relative"),
        ("url", "https://herald.example/with space"),
        ("url", "https://herald.example/bell\x07"),
        ("url", "https://herald.example/byte-order-mark\ufeff"),
        ("url", "https://herald.example\x85/next-line"),
        ("metadata", []),
        ("metadata", {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}}),
        ("metadata", {"text": "x" * 17_000}),
    ],
)
def test_a_field_out_of_bounds_is_refused(stateless: TestClient, field: str, value: Any) -> None:
    found = problem(stateless.post("/v1/articles", json=article(**{field: value})), 422, "invalid-request")
    assert pointers(found) == [f"#/{field}"]


def test_an_address_may_have_letters_of_any_language_as_browsers_show_it(http: TestClient) -> None:
    address = "https://новости.example/астана?о=«мост»|[2]#ответ"
    assert created(http, url=address)["url"] == address


def test_metadata_comes_back_as_it_went_in(http: TestClient) -> None:
    metadata = {"é": "😀", "n": 9007199254740991, "f": 1e22, "small": 1.5e-7, "list": [None, True, {"deep": [[]]}], "": "empty"}
    stored = created(http, metadata=metadata)
    assert http.get(f"/v1/articles/{stored['id']}").json()["metadata"] == metadata
    assert http.post("/v1/articles", json=article(metadata=metadata)).status_code == 200


def test_a_change_touches_only_what_was_sent_and_null_clears(http: TestClient) -> None:
    stored = created(http, url="https://herald.example/1", published_at="2022-09-26")
    changed = http.patch(f"/v1/articles/{stored['id']}", json={"url": None, "published_at": "2022-09-27T08:00:00Z"}).json()
    differing = {name for name in stored if stored[name] != changed[name]}
    assert differing == {"url", "published_at", "updated_at"}
    assert (changed["url"], changed["published_at"]) == (None, "2022-09-27T08:00:00Z")
    assert http.get(f"/v1/articles/{stored['id']}").json() == changed


def test_a_change_of_nothing_changes_nothing(http: TestClient) -> None:
    stored = created(http)
    assert http.patch(f"/v1/articles/{stored['id']}", json={}).json() == stored


@pytest.mark.parametrize("field", ["text", "title", "id", "status"])
def test_what_is_not_metadata_cannot_be_changed_by_patch(http: TestClient, field: str) -> None:
    stored = created(http)
    problem(http.patch(f"/v1/articles/{stored['id']}", json={field: "x"}), 422, "invalid-request")


def test_a_new_text_makes_a_revision_and_the_old_annotation_stays(http: TestClient) -> None:
    stored = created(http)
    response = http.put(f"/v1/articles/{stored['id']}/text", json={"text": "Kenya was admired."})
    revised = response.json()
    assert (response.status_code, revised["revision"], revised["title"]) == (200, 2, None)
    assert [country["country"] for country in revised["annotation"]["countries"]] == ["KE"]
    listed = http.get(f"/v1/articles/{stored['id']}/annotations").json()["items"]
    assert [annotation["revision"] for annotation in listed] == [2, 1]
    assert http.get(f"/v1/annotations/{stored['annotation']['id']}").json() == stored["annotation"]


def test_a_deleted_article_is_gone_with_all_that_was_derived(http: TestClient) -> None:
    stored = created(http)
    assert http.delete(f"/v1/articles/{stored['id']}").status_code == 204
    problem(http.get(f"/v1/articles/{stored['id']}"), 404, "article-not-found")
    problem(http.get(f"/v1/annotations/{stored['annotation']['id']}"), 404, "annotation-not-found")
    problem(http.delete(f"/v1/articles/{stored['id']}"), 404, "article-not-found")
    assert http.get("/v1/stances").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "slug"),
    [
        ("GET", f"/v1/articles/{ABSENT}", "article-not-found"),
        ("DELETE", f"/v1/articles/{ABSENT}", "article-not-found"),
        ("GET", f"/v1/articles/{ABSENT}/annotations", "article-not-found"),
        ("GET", f"/v1/annotations/{ABSENT}", "annotation-not-found"),
    ],
)
def test_what_is_not_there_is_not_found(stateless: TestClient, method: str, path: str, slug: str) -> None:
    problem(stateless.request(method, path), 404, slug)


def test_changes_of_what_is_not_there_are_not_found(stateless: TestClient) -> None:
    problem(stateless.patch(f"/v1/articles/{ABSENT}", json={"url": None}), 404, "article-not-found")
    problem(stateless.put(f"/v1/articles/{ABSENT}/text", json={"text": TEXT}), 404, "article-not-found")


@pytest.mark.parametrize("identifier", ["7", "x" * 3000, "%00", "%FF%FE", "01932c07-209a-7c3d-9f0e", "..%2f..", "%F0%9F%87%AB"])
def test_a_malformed_id_is_a_problem_of_the_request(stateless: TestClient, identifier: str) -> None:
    response = stateless.get(f"/v1/articles/{identifier}")
    assert response.status_code in (404, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_lists_omit_text_and_annotation(http: TestClient) -> None:
    created(http)
    (item,) = http.get("/v1/articles").json()["items"]
    assert "text" not in item and "annotation" not in item
    assert item["title"] == "France and its neighbours"
