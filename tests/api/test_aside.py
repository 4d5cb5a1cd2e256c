"""Answers that may be long are put together on a worker thread, so that the event loop goes on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.api.schemas_annotations import CoverageResponse
from app.domain.values import Annotation, ArticleText, Coverage
from app.storage.database import Store
from tests.api.clients import LIMIT, article, client
from tests.twins import DictionaryAnnotator


class Watching(DictionaryAnnotator):
    """Remembers on which thread the event loop runs."""

    loops: set[int]

    async def annotate(self, text: ArticleText, **given: Any) -> Annotation:
        self.loops = {threading.get_ident()}
        return await super().annotate(text, **given)


def test_no_annotation_becomes_a_wire_model_on_the_event_loop(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    inner = CoverageResponse.of

    def of(value: Coverage) -> CoverageResponse:
        made.append(threading.get_ident())
        return inner(value)

    annotator = Watching(limit=LIMIT)
    with client(store, annotator=annotator) as http:
        monkeypatch.setattr(CoverageResponse, "of", of)
        http.post("/v1/annotate", json={"text": article()["text"]})
        place = http.post("/v1/articles", json=article()).headers["location"]
        stored = http.get(place).json()["annotation"]["id"]
        http.get(f"/v1/annotations/{stored}")
        http.get(f"{place}/annotations")
        http.patch(place, json={"url": "https://steppe.example/1"})
        http.put(f"{place}/text", json={"text": "Kenya praised France."})
    assert len(made) == 7
    assert annotator.loops.isdisjoint(made)
