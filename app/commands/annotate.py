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
from app.api.schemas_verdicts import AnnotatedTextResponse
from app.commands import articles
from app.commands.articles import Found, Place, Unreadable
from app.domain.claims import ClaimVerdict
from app.domain.errors import ClaimsUnavailable, StandpointError
from app.domain.records import now
from app.domain.values import Annotation
from app.main import open_annotator, open_claims
from app.refusal import Refusal
from app.services.ports import Annotator, ClaimReader

IN_FLIGHT = 16
"""Articles begun at once: enough to fill the batches of the encoder; even at 200,000 characters each they fit into its queue."""

Said = tuple[Annotation, Sequence[ClaimVerdict]]
Outcome = tuple[Place, Said | Unreadable]


@dataclass(frozen=True)
class Reading:
    """What is asked of each article, and of whom."""

    annotator: Annotator
    reader: ClaimReader | None = None
    claims: Sequence[str] = ()


def annotate(inputs: Sequence[Path], *, claims: Sequence[str] = ()) -> int:
    """The exit code: 1 if any article could not be annotated. Raises Refusal for claims where no model reads them."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    found = chain.from_iterable(articles.read(path) for path in inputs)
    with open_annotator(chosen) as annotator, open_claims(chosen, annotator) as reader:
        if claims and reader is None:
            raise Refusal(str(ClaimsUnavailable()))
        reading = Reading(annotator, reader, claims)
        tally = asyncio.run(_report(_outcomes(reading, found), claims))
    return int(tally.failed > 0)


@dataclass
class Tally:
    """What a person at a terminal sees while it runs."""

    done: int = 0
    failed: int = 0

    def show(self) -> None:
        if sys.stderr.isatty():
            print(f"\r{self.done} annotated, {self.failed} failed", end="", file=sys.stderr, flush=True)


async def _report(outcomes: AsyncIterator[Outcome], claims: Sequence[str] = ()) -> Tally:
    tally = Tally()
    async for place, result in outcomes:
        if isinstance(result, Unreadable):
            tally.failed += 1
            print(f"standpoint: {result}", file=sys.stderr)
        else:
            tally.done += 1
            print(_line(place, *result, claims), flush=True)
        tally.show()
    return tally


async def _outcomes(reading: Reading, found: Iterable[Found]) -> AsyncIterator[Outcome]:
    """In order, with up to IN_FLIGHT articles begun."""
    begun: deque[asyncio.Task[Outcome]] = deque()
    for article in found:
        begun.append(asyncio.create_task(_outcome(reading, article)))
        if len(begun) == IN_FLIGHT:
            yield await begun.popleft()
    while begun:
        yield await begun.popleft()


async def _outcome(reading: Reading, found: Found) -> Outcome:
    place, article = found
    if isinstance(article, Unreadable):
        return place, article
    try:
        # Bulk work has no deadline: nobody waits for a single line of a file.
        text = article.article_text()
        said = await reading.annotator.annotate(text, language=article.language, targets=article.targets, bulk=True)
        asked = reading.claims if reading.reader else ()
        return place, (said, await reading.reader.judge(asked, text, bulk=True) if reading.reader and asked else ())
    except StandpointError as error:
        return place, Unreadable(place, str(error))


def _line(place: Place, annotation: Annotation, verdicts: Sequence[ClaimVerdict], claims: Sequence[str]) -> str:
    shown = AnnotatedTextResponse.with_claims(annotation, claims, verdicts, created_at=now()).model_dump(mode="json")
    return json.dumps({"file": place.file, "line": place.line, **shown}, ensure_ascii=False)
