"""Targets that a text never names, over HTTP."""

from pathlib import Path

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.twins import DictionaryAnnotator

TEXT = "Germany praised France on Monday."


def targets(tmp_path: Path, *, topics: bool) -> list[dict[str, object]]:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/topics.db")
    with TestClient(create_app(settings, annotator=DictionaryAnnotator(topics=topics))) as http:
        answer = http.post("/v1/annotate", json={"text": TEXT, "targets": ["France", "diplomacy"]})
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["targets"]
    return found


def test_a_target_that_is_never_named_is_judged_as_a_topic_and_says_so(tmp_path: Path) -> None:
    named, topic = targets(tmp_path, topics=True)
    assert (named["name"], named["basis"], named["mention_count"]) == ("France", "name", 1)
    assert (topic["name"], topic["basis"], topic["stance"], topic["mentions"]) == ("diplomacy", "topic", "favor", [])


def test_by_a_model_that_knows_no_topics_a_target_that_is_never_named_is_not_judged(tmp_path: Path) -> None:
    _, topic = targets(tmp_path, topics=False)
    assert (topic["basis"], topic["stance"], topic["scores"]) == (None, None, None)
