"""Related and strange pairs of FNC-1's stories, with the vectors that a main model makes of them, kept on disk by its version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain.values import Annotation, ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.engine import WIDTH
from app.inference.offline import annotate_all
from training.claims.data import Pair, claim_pairs, related, stories
from training.data import held_out

KEPT_ASIDE = 5
"""One story in so many was not learnt from when the vectors were made (training/relations/gate.py)."""


@dataclass(frozen=True, slots=True)
class Story:
    """Claims and texts that are linked by at least one related pair of FNC-1's."""

    number: int
    aside: bool
    claims: Sequence[str]
    texts: Sequence[str]
    related: frozenset[tuple[str, str]]


def told(data: Path) -> list[Story]:
    """Of the training and development parts; those that nothing links are left out."""
    pairs = [*claim_pairs(data, "fnc-train", "fnc"), *claim_pairs(data, "fnc-dev", "fnc")]
    known, close = stories(related(pairs)), related(pairs)
    by_number: dict[int, list[Pair]] = {}
    for pair in close:
        by_number.setdefault(known["text", pair.text], []).append(pair)
    return [_story(number, found) for number, found in sorted(by_number.items())]


def _story(number: int, found: Sequence[Pair]) -> Story:
    claims, texts = (list(dict.fromkeys(values)) for values in zip(*((pair.claim, pair.text) for pair in found), strict=True))
    aside = held_out(f"story {number}", one_in=KEPT_ASIDE)
    return Story(number, aside, claims, texts, frozenset((pair.claim, pair.text) for pair in found))


class Vectors:
    """Of texts by their words: what the gate of the service would see of them."""

    def __init__(self, annotator: TransformerAnnotator, kept: Path) -> None:
        self._annotator, self._file = annotator, kept / f"{annotator.version}.npz"
        self._known: dict[str, bytes] = dict(self._read())

    def of(self, text: str) -> bytes:
        """64 whole numbers a passage. Raises KeyError for a text that was not `learn`t."""
        return self._known[text]

    def learn(self, texts: Sequence[str]) -> None:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, said in zip(missing, annotate_all(self._annotator, map(ArticleText, missing), language="en"), strict=True):
            assert isinstance(said, Annotation)
            self._known[text] = said.vectors or b""
        if missing:
            self._write()

    def _read(self) -> Iterator[tuple[str, bytes]]:
        if self._file.exists():
            with np.load(self._file) as found:
                starts = np.cumsum([0, *found["sizes"]]) * WIDTH
                whole = found["vectors"].tobytes()
                for text, start, end in zip(json.loads(found["texts"].tobytes()), starts[:-1], starts[1:], strict=True):
                    yield text, whole[start:end]

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        sizes = [len(vectors) // WIDTH for vectors in self._known.values()]
        together = np.frombuffer(b"".join(self._known.values()), dtype=np.int8)
        texts = np.frombuffer(json.dumps(list(self._known)).encode(), dtype=np.uint8)
        np.savez(self._file, texts=texts, sizes=sizes, vectors=together)
