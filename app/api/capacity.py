"""A full engine refuses before anything is put into a request: to be told to come later should be the cheapest answer there is.

docs/decisions/0035-refused-before-read.md says what that means for requests that would have been answered otherwise.
"""

from __future__ import annotations

from fastapi import Request

from app.services import load

READING_TEXTS = frozenset({"annotate", "create_article", "create_claim", "replace_article_text"})
"""Operations, by name, in which somebody waits for the engine."""


def refuse_if_full(request: Request, *, operation: str) -> None:
    """Raises EngineOverloaded, and EngineUnavailable for an engine that has stopped."""
    if operation in READING_TEXTS:
        load.refuse_if_full(request.app.state.annotator)
