"""Which candidates stand beside each other as a town and what it lies in: "Paris, Texas", "Tripoli (Lebanon)"."""

from __future__ import annotations

import re

from app.domain.values import Kind
from app.inference.candidates import Candidate, Fields

_GOES_ON = re.compile(r",?\s(?:and|or|&)\s")
_BESIDE = re.compile(r"\s?,\s?|\s?\(\s?|,? in (?:the )?(?:state|province|region) of ")


def beside(fields: Fields) -> list[tuple[int, int]]:
    """Pairs with nothing but a comma or an opening bracket between them, unless they are items of a list."""
    pairs = []
    before = 0
    for text, found in fields:
        for number in range(len(found) - 1):
            between = text[found[number].span.end : found[number + 1].span.start]
            if _BESIDE.fullmatch(between) and not _is_list(text, found[number], found[number + 1]):
                pairs.append((before + number, before + number + 1))
        before += len(found)
    return pairs


def _is_list(text: str, first: Candidate, second: Candidate) -> bool:
    """ "Cuba, Florida and the Bahamas" names three places; "Cuba, Missouri" names one."""
    return any(reading.kind is Kind.NAME for reading in first.readings) and bool(_GOES_ON.match(text, second.span.end))
