"""Names that the caller asks about, found in the text as they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from app.domain.values import Span


def find(text: str, names: Sequence[str]) -> list[list[Span]]:
    """For each name where it stands as whole words, in upper and lower case as given. A composed letter equals a decomposed
    one, and white space any other white space; offsets are those of the text.
    """
    if not names:
        # Most often: to take a text apart is a third of what drafting it takes.
        return []
    letters, origin = _decomposed(text)
    return [[Span(origin[start], origin[end - 1] + 1) for start, end in _occurrences(letters, name)] for name in names]


def _decomposed(text: str) -> tuple[str, Sequence[int]]:
    """The text with letters and their marks apart, and for each of its characters the place in the text it came from."""
    if text.isascii():
        return text, range(len(text))
    parts = [unicodedata.normalize("NFD", letter) for letter in text]
    return "".join(parts), [index for index, part in enumerate(parts) for _ in part]


def _occurrences(letters: str, name: str) -> Iterator[tuple[int, int]]:
    words = unicodedata.normalize("NFD", name).split()
    if words:
        for match in re.finditer(r"\s+".join(map(re.escape, words)), letters):
            if not _cuts_a_word(letters, match.start()) and not _cuts_a_word(letters, match.end()):
                yield match.span()


def _cuts_a_word(letters: str, at: int) -> bool:
    """Whether a word, or a letter and its mark, goes on across this place."""
    if not 0 < at < len(letters):
        return False
    return unicodedata.combining(letters[at]) > 0 or (_is_word(letters[at - 1]) and _is_word(letters[at]))


def _is_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.combining(letter) > 0
