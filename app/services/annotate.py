"""Annotate a text and store nothing."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.values import Annotation, ArticleText
from app.services import steps
from app.services.ports import Annotator
from app.traces.spans import spanned


@spanned
async def annotate(
    annotator: Annotator, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = ()
) -> Annotation:
    return await steps.inferred(annotator, text, language=language, targets=targets)
