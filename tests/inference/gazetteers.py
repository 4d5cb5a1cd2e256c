"""The shipped gazetteer, read once for the tests of this folder."""

from __future__ import annotations

from functools import cache

from app.inference.gazetteer import Gazetteer
from app.inference.model_folder import BUNDLED

GAZETTEER = BUNDLED / "standpoint-en" / "gazetteer.tsv"


@cache
def shipped() -> Gazetteer:
    return Gazetteer.load(GAZETTEER)


def read(text: str) -> list[tuple[str, str]]:
    """Each candidate's words with the country of its best reading."""
    return [(text[one.span.start : one.span.end], one.readings[0].country) for one in shipped().candidates(text)]
