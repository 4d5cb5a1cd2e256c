"""Annotate a text and store nothing."""

from __future__ import annotations

from collections.abc import Sequence

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
) -> Annotation:
    return await steps.inferred(annotator, text, language=language, targets=targets)


@spanned
async def read_claims(reader: ClaimReader | None, text: ArticleText, claims: Sequence[str]) -> Sequence[ClaimVerdict]:
    """What the text says of each claim, whatever its gate would say. Raises ClaimsUnavailable, and what the reader raises."""
    if not claims:
        return ()
    if reader is None:
        raise ClaimsUnavailable
    return await reader.judge(claims, text)
