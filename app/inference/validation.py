"""What no annotator reads: nothing, too much, or what no database stores."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.domain.errors import EmptyText, ForbiddenCharacter, TextTooLong
from app.domain.values import ArticleText, Field

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


def check_request(text: ArticleText, targets: Sequence[str], *, limit: int) -> None:
    """Raises InvalidText for whatever an annotator may not be asked to read."""
    check(text, limit=limit)
    for name in targets:
        check_target(name, limit=limit)


def check(text: ArticleText, *, limit: int) -> None:
    """Raises InvalidText. `limit` holds for title and text each, in code points."""
    if text.title is not None:
        check_characters(Field.TITLE, text.title, limit=limit)
    check_characters(Field.TEXT, text.body, limit=limit)
    if not text.body.strip():
        raise EmptyText(Field.TEXT)


def check_characters(field: str, value: str, *, limit: int) -> None:
    if len(value) > limit:
        raise TextTooLong(field, length=len(value), limit=limit)
    if found := _FORBIDDEN.search(value):
        what = "NUL" if found.group() == "\x00" else "a lone surrogate"
        raise ForbiddenCharacter(field, what=what, position=found.start())


def check_target(name: str, *, limit: int) -> None:
    """Raises InvalidText."""
    check_characters("targets", name, limit=limit)
    if not name.strip():
        raise EmptyText("targets")
