"""Annotate a text and store nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.claims import ClaimVerdict
from app.domain.errors import ClaimsUnavailable
from app.domain.values import Annotation, ArticleText
from app.services import steps
from app.services.ports import Annotator, ClaimReader
from app.traces.spans import spanned


@spanned
async def annotate(
    annotator: Annotator,
    text: ArticleText,
    *,
    language: str | None = None,
    targets: Sequence[str] = (),
    reader: ClaimReader | None = None,
) -> Annotation:
    """Targets that the text never names are judged as its topics, where a reader is there to do it."""
    said = await steps.inferred(annotator, text, language=language, targets=targets)
    return await with_topics(reader, text, said) if reader else said


async def with_topics(reader: ClaimReader, text: ArticleText, said: Annotation, *, bulk: bool = False) -> Annotation:
    """Raises what the reader raises."""
    unnamed = [target.name for target in said.targets if not target.mentions]
    if not unnamed:
        return said
    found = {judged.name: judged for judged in await reader.topics(unnamed, text, bulk=bulk)}
    return replace(said, targets=tuple(found.get(target.name, target) for target in said.targets))


@spanned
async def read_claims(reader: ClaimReader | None, text: ArticleText, claims: Sequence[str]) -> Sequence[ClaimVerdict]:
    """What the text says of each claim, whatever its gate would say. Raises ClaimsUnavailable, and what the reader raises."""
    if not claims:
        return ()
    if reader is None:
        raise ClaimsUnavailable
    return await reader.judge(claims, text)
