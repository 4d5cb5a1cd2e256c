"""What `q` asks: words, "phrases", and -either of them not. Everything else in it is text to look for, never syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.errors import InvalidQuery
from app.domain.words import words

MOST_WORDS = 32
"""More than a headline has. Each costs a look into the index."""

LONGEST_PHRASE = 16
"""Words. Long texts are indexed in stretches that overlap by as much."""

_QUOTES = str.maketrans("“”„‟«»", '""""""')
_PART = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Phrases of one or more words: all of `wanted` are in the title or the text, and none of `unwanted`."""

    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def parse(cls, text: str) -> TextQuery:
        """A word that is written with punctuation (`U.S.`, `Beijing's`) is a phrase of its parts. Raises InvalidQuery for an
        open quotation mark, for more words than can be looked for, and where there is none.
        """
        plain = text.translate(_QUOTES)
        if plain.count('"') % 2:
            raise InvalidQuery("q", "has a quotation mark that nothing closes")
        wanted: dict[tuple[str, ...], None] = {}
        unwanted: dict[tuple[str, ...], None] = {}
        for part in _PART.finditer(plain):
            if phrase := tuple(words(part["phrase"] or part["word"] or "")):
                (unwanted if part["minus"] else wanted)[phrase] = None
        return cls(tuple(wanted), tuple(unwanted))

    def __post_init__(self) -> None:
        phrases = (*self.wanted, *self.unwanted)
        if not phrases:
            raise InvalidQuery("q", "has neither a letter nor a digit")
        if sum(map(len, phrases)) > MOST_WORDS:
            raise InvalidQuery("q", f"has more than {MOST_WORDS} words")
        if max(map(len, phrases)) > LONGEST_PHRASE:
            raise InvalidQuery("q", f"has a phrase of more than {LONGEST_PHRASE} words")
