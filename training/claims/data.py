"""Pairs of a claim or topic and a text. A text is cut into passages once; which of them are read depends on the claim."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from app.domain.claims import ClaimStance
from app.domain.values import Field
from app.inference.selection import Piece, overlaps, pieces, selected
from training.data import STANCES, rows

CLAIMS = tuple(stance.value for stance in ClaimStance)
UNRELATED = CLAIMS.index("unrelated")


@dataclass(frozen=True, slots=True)
class Pair:
    """`label` is the number of a claim's stance, or of a topic's where `topic`."""

    claim: str
    text: str
    label: int
    topic: bool = False


class Texts:
    """Token ids of claims and passages of texts, each made once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._claims: dict[str, np.ndarray] = {}
        self._pieces: dict[str, list[Piece]] = {}

    def claim(self, text: str) -> np.ndarray:
        if text not in self._claims:
            self._claims[text] = np.array(self._tokenizer.encode(text, add_special_tokens=False).ids[:64], dtype=np.int64)
        return self._claims[text]

    def pieces(self, text: str) -> list[Piece]:
        if text not in self._pieces:
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            starts = [start for start, _ in encoding.offsets]
            self._pieces[text] = pieces(Field.TEXT, text, np.array(encoding.ids, dtype=np.int64), starts)
        return self._pieces[text]

    def read(self, pair: Pair, *, count: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """The claim's tokens, and those of the passages that are read for it."""
        claim, found = self.claim(pair.claim), self.pieces(pair.text)
        return claim, [found[number].ids for number in selected(claim, found, count=count)]


def claim_pairs(data: Path, name: str, bodies: str) -> list[Pair]:
    texts = {row["body"]: row["text"] for row in rows(data / f"claims-{bodies}-bodies.jsonl")}
    return [Pair(r["claim"], texts[r["body"]], CLAIMS.index(r["label"])) for r in rows(data / f"claims-{name}.jsonl")]


def topic_pairs(data: Path, name: str) -> list[Pair]:
    found = rows(data / f"topics-vast-{name}.jsonl")
    return [Pair(r["target"], r["text"], STANCES.index(r["label"]), topic=True) for r in found]


def related(pairs: Iterable[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.label != UNRELATED]


class Negatives:
    """Claims with which a text has nothing to do, though they share its words.

    Claims and texts that are related are linked; what is not linked through any other is another story. Raises nothing: a text
    whose story is unknown has none.
    """

    def __init__(self, pairs: Sequence[Pair], texts: Texts) -> None:
        self._texts = texts
        self._stories = stories(related(pairs))
        self._claims = sorted({pair.claim for pair in pairs})

    def hard(self, text: str, rng: random.Random, *, among: int = 60) -> Pair | None:
        """Of so many claims of other stories, the one that shares most with the text."""
        story = self._stories.get(("text", text))
        others = [c for c in rng.sample(self._claims, among) if self._stories.get(("claim", c), story) != story]
        if story is None or not others:
            return None
        whole = np.concatenate([piece.ids for piece in self._texts.pieces(text)])
        shared = [float(overlaps(self._texts.claim(claim), [whole])[0]) for claim in others]
        return Pair(others[int(np.argmax(shared))], text, UNRELATED)


def stories(pairs: Sequence[Pair]) -> dict[tuple[str, str], int]:
    """The number of its connected part for every claim and text."""
    links: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for pair in pairs:
        links["claim", pair.claim].append(("text", pair.text))
        links["text", pair.text].append(("claim", pair.claim))
    found: dict[tuple[str, str], int] = {}
    for number, node in enumerate(links):
        waiting = [node] if node not in found else []
        while waiting:
            one = waiting.pop()
            if one not in found:
                found[one] = number
                waiting += links[one]
    return found
