"""Annotate a text and store nothing."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.values import Annotation, ArticleText
from app.services.ports import Annotator


async def annotate(
    annotator: Annotator, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = ()
) -> Annotation:
    return await annotator.annotate(text, language=language, targets=targets)
