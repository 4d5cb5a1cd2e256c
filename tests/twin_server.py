"""`standpoint serve` and other commands with the twin of the annotator, as real processes. Texts tell it what to do."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import app.main
from app.cli import main
from app.commands import annotate, imports, worker
from app.domain.claims import ClaimVerdict
from app.domain.errors import EngineUnavailable
from app.domain.values import Annotation, ArticleText
from app.settings import Settings
from tests.twins import DictionaryAnnotator, DictionaryReader

SLOW_SECONDS = 1.5
SHORT_SECONDS = 0.05
"""Some ten chunks a minute: long enough that a kill finds one in the middle."""


class ObedientAnnotator(DictionaryAnnotator):
    """`slow ...` takes its time; after `die` the engine is dead; `poison ...` cannot be read; `short ...` takes a little time."""

    alive = True

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        if text.body.startswith("slow"):
            await asyncio.sleep(SLOW_SECONDS)
        if text.body.startswith("short"):
            await asyncio.sleep(SHORT_SECONDS)
        if text.body.startswith("poison"):
            raise RuntimeError("cannot be read")
        if text.body == "die":
            self.alive = False
        return await super().annotate(text, **options)

    def healthy(self) -> bool:
        return self.alive


@contextmanager
def open_annotator(_: Settings) -> Iterator[ObedientAnnotator]:
    """Like the real one, it cannot be closed while its thread is stuck."""
    annotator = ObedientAnnotator()
    yield annotator
    while not annotator.alive:
        time.sleep(1)


class UnhurriedReader(DictionaryReader):
    """Takes a little time for each text, so that a kill finds a claim in the middle. Of a `deadly` text its engine dies."""

    alive = True

    async def judge(self, claims: Sequence[str], text: ArticleText, *, bulk: bool = False) -> Sequence[ClaimVerdict]:
        await asyncio.sleep(SHORT_SECONDS)
        if "deadly" in text.body:
            self.alive = False
        if not self.alive:
            raise EngineUnavailable("the inference engine is dead")
        return await super().judge(claims, text, bulk=bulk)

    def healthy(self) -> bool:
        return self.alive


@contextmanager
def open_claims(_: Settings, __: object) -> Iterator[UnhurriedReader]:
    yield UnhurriedReader()


def run() -> None:
    app.main.open_annotator = open_annotator  # type: ignore[assignment]
    app.main.open_claims = open_claims  # type: ignore[assignment]
    # They have taken it from there already, where they are loaded before.
    worker.open_annotator = imports.open_annotator = open_annotator  # type: ignore[assignment]
    worker.open_claims = annotate.open_claims = open_claims  # type: ignore[assignment]
    annotate.open_annotator = open_annotator  # type: ignore[assignment]
    sys.argv = ["standpoint", *(sys.argv[1:] or ["serve"])]
    main()


if __name__ == "__main__":
    run()
