from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.clients import LIMIT, TEXT, pointers, problem


def annotate(http: TestClient, **body: Any) -> Any:
    return http.post("/v1/annotate", json=body)


def test_an_annotation_names_countries_with_stance_and_evidence(stateless: TestClient) -> None:
    response = annotate(stateless, text=TEXT)
    assert response.status_code == 200
    said = response.json()
    assert {country["country"]: country["stance"] for country in said["countries"]} == {
        "FR": "neutral",
        "DE": "favor",
        "BY": "against",
        "CN": "against",
    }
    assert said["model"] == "twin@000000000000"
    assert said["language"] == "en"
    assert set(said["coverage"]) == {"characters", "encoded_characters", "passages"}


def test_nothing_is_stored_and_so_nothing_has_an_id(stateless: TestClient) -> None:
    said = annotate(stateless, text=TEXT).json()
    assert said["id"] is said["article_id"] is said["revision"] is None
    assert stateless.get("/v1/articles").json()["items"] == []


def test_every_span_is_where_its_quote_is_even_after_emoji_and_combining_marks(stateless: TestClient) -> None:
    title, text = "🇫🇷 France", "👩‍👩‍👧 Cafe\u0301 talk: France praised Germany 🎉. Kenya was admired."
    said = annotate(stateless, title=title, text=text).json()
    fields = {"title": title, "text": text}
    spans = [span for country in said["countries"] for span in (*country["mentions"], *country["evidence"])]
    assert len(spans) >= 6
    for span in spans:
        assert fields[span["field"]][span["start"] : span["end"]] == span["quote"]


def test_a_named_target_is_judged_and_one_never_mentioned_has_no_scores(stateless: TestClient) -> None:
    said = annotate(stateless, text="Reporters condemned Lumen Rail.", targets=["Lumen Rail", "Nobody"]).json()
    found, missing = said["targets"]
    assert (found["name"], found["stance"], found["mention_count"]) == ("Lumen Rail", "against", 1)
    assert found["mentions"][0]["kind"] is None
    assert "country" not in found
    assert (missing["stance"], missing["scores"], missing["mentions"]) == (None, None, [])


@pytest.mark.parametrize("text", ["", " \n\t\u2003"])
def test_an_empty_text_is_refused(stateless: TestClient, text: str) -> None:
    assert pointers(problem(annotate(stateless, text=text), 422, "empty-text")) == ["#/text"]


def test_a_text_over_the_limit_is_refused_and_one_at_the_limit_is_read(stateless: TestClient) -> None:
    assert annotate(stateless, text="é" * LIMIT).status_code == 200
    assert pointers(problem(annotate(stateless, text="é" * (LIMIT + 1)), 422, "text-too-long")) == ["#/text"]


def test_a_language_that_the_model_does_not_know_is_refused(stateless: TestClient) -> None:
    assert pointers(problem(annotate(stateless, text=TEXT, language="fr"), 422, "unsupported-language")) == ["#/language"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/text"),
        ({"text": 7}, "#/text"),
        ({"text": None}, "#/text"),
        ({"text": TEXT, "title": 7}, "#/title"),
        ({"text": TEXT, "title": "x" * 2001}, "#/title"),
        ({"text": TEXT, "language": "english please"}, "#/language"),
        ({"text": TEXT, "targets": "Lumen Rail"}, "#/targets"),
        ({"text": TEXT, "targets": [1]}, "#/targets/0"),
        ({"text": TEXT, "targets": [" "]}, "#/targets/0"),
        ({"text": TEXT, "targets": ["x"] * 51}, "#/targets"),
        ([], "#"),
        ("text", "#"),
    ],
)
def test_a_body_of_another_form_is_refused_with_the_place(stateless: TestClient, body: Any, pointer: str) -> None:
    assert pointers(problem(stateless.post("/v1/annotate", json=body), 422, "invalid-request")) == [pointer]


def test_a_body_of_null_is_refused(stateless: TestClient) -> None:
    response = stateless.post("/v1/annotate", content=b"null", headers={"content-type": "application/json"})
    problem(response, 422, "invalid-request")


def test_a_misspelt_field_is_refused_with_the_name_that_was_meant(stateless: TestClient) -> None:
    found = problem(annotate(stateless, text=TEXT, titel="x"), 422, "invalid-request")
    assert found["errors"] == [{"pointer": "#", "detail": "has a field that this request does not know; did you mean title?"}]
