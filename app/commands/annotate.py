"""standpoint annotate: articles in, one line of JSON each out, in the order in which they came."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from app import logs, settings
from app.api.schemas_annotations import AnnotationResponse
from app.commands import articles
from app.commands.articles import Found, Place, Unreadable
from app.domain.errors import StandpointError
from app.domain.records import now
from app.domain.values import Annotation
from app.main import open_annotator
from app.services.ports import Annotator

IN_FLIGHT = 16
"""Articles begun at once: enough to fill the batches of the encoder; even at 200,000 characters each they fit into its queue."""

Outcome = tuple[Place, Annotation | Unreadable]


def annotate(inputs: Sequence[Path]) -> int:
    """The exit code: 1 if any article could not be annotated."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    found = chain.from_iterable(articles.read(path) for path in inputs)
    with open_annotator(chosen) as annotator:
        tally = asyncio.run(_report(_outcomes(annotator, found)))
    return int(tally.failed > 0)


@dataclass
class Tally:
    """What a person at a terminal sees while it runs."""

    done: int = 0
    failed: int = 0

    def show(self) -> None:
        if sys.stderr.isatty():
            print(f"\r{self.done} annotated, {self.failed} failed", end="", file=sys.stderr, flush=True)


async def _report(outcomes: AsyncIterator[Outcome]) -> Tally:
    tally = Tally()
    async for place, result in outcomes:
        if isinstance(result, Unreadable):
            tally.failed += 1
            print(f"standpoint: {result}", file=sys.stderr)
        else:
            tally.done += 1
            print(_line(place, result), flush=True)
        tally.show()
    return tally


async def _outcomes(annotator: Annotator, found: Iterable[Found]) -> AsyncIterator[Outcome]:
    """In order, with up to IN_FLIGHT articles begun."""
    begun: deque[asyncio.Task[Outcome]] = deque()
    for article in found:
        begun.append(asyncio.create_task(_outcome(annotator, article)))
        if len(begun) == IN_FLIGHT:
            yield await begun.popleft()
    while begun:
        yield await begun.popleft()


async def _outcome(annotator: Annotator, found: Found) -> Outcome:
    place, article = found
    if isinstance(article, Unreadable):
        return place, article
    try:
        # Bulk work has no deadline: nobody waits for a single line of a file.
        text = article.article_text()
        return place, await annotator.annotate(text, language=article.language, targets=article.targets, bulk=True)
    except StandpointError as error:
        return place, Unreadable(place, str(error))


def _line(place: Place, annotation: Annotation) -> str:
    shown = AnnotationResponse.unstored(annotation, created_at=now()).model_dump(mode="json")
    return json.dumps({"file": place.file, "line": place.line, **shown}, ensure_ascii=False)
