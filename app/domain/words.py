"""Words of a text as full-text search and the search for duplicates see them. Pure, and the same for every database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+")

_ASCII = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))

LONGEST_WORD = 100
"""Code points; the rest of a longer one is left out. No word of a language is as long, and index entries have a limit."""

MOST_BYTES = 800_000
"""Of different words in one text, in UTF-8: PostgreSQL takes 1 MiB.

Only a text of a million characters that hardly repeats a word is cut.
"""


def words(text: str) -> list[str]:
    """In order, without accents and case, so that `Türkiye` is found as `turkiye`; what is no letter or digit divides words."""
    # In ASCII each character is looked up in a table, which takes half as long and finds the same.
    found = text.translate(_ASCII).split() if text.isascii() else _WORD.findall(folded(text))
    if max(map(len, found), default=0) <= LONGEST_WORD:
        return found
    return [word[:LONGEST_WORD] for word in found]


def folded(text: str) -> str:
    """Compatibility forms become plain ones (NFKD), combining marks go, and case is folded."""
    if text.isascii():
        return text.lower()
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    # Folding can bring back what has a decomposition of its own (a dotted capital I), so it is taken apart once more.
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain.casefold()) if not unicodedata.combining(letter))


def searchable(title: str | None, body: str) -> list[str]:
    """Words of title and body with GAP between them, which no phrase crosses; at most MOST_BYTES of different ones."""
    return joined(title, words(body))


def joined(title: str | None, body: list[str]) -> list[str]:
    """`searchable`, of a body whose words are known already."""
    found = [*words(title), GAP, *body] if title else body
    # No code point has more than four bytes, so that most texts need not be measured word by word, and none of 2,000 words.
    if 4 * LONGEST_WORD * len(found) <= MOST_BYTES or 4 * sum(map(len, found)) <= MOST_BYTES:
        return found
    return list(_bounded(found))


GAP = "\ue000"
"""A private character, which no word has."""


def _bounded(found: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    room = MOST_BYTES
    for word in found:
        if word not in seen:
            seen.add(word)
            room -= len(word.encode())
            if room < 0:
                return
        yield word
