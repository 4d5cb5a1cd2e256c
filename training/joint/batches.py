"""From items to padded batches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from training.batches import UNKNOWN, grouped, token_range
from training.batches import padded as whole
from training.data import KINDS, STANCES
from training.joint.data import Item, changed, joined

PACKED, SWAPPED, HIDDEN, UNMARKED = 0.25, 0.35, 0.08, 0.15
"""Shares of: sentences that are read beside others, with other countries' names, spans of countries or of a relation behind a
mask, and spans without a stance that are not marked."""
OWN_WEIGHT = 2.0
"""Of a stance in the project's own text."""
STEP = 8
"""Tokens: lengths are padded to whole ones."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`inputs` [B, T] and [S] as the reader takes them; labels of spans [S] and of pairs [P], UNKNOWN where not given. A batch
    has topics only, or none."""

    inputs: tuple[Tensor, ...]
    stance: Tensor
    weight: Tensor
    kind: Tensor
    country: Tensor
    relation: Tensor
    topical: bool


def epoch(
    sentences: Sequence[Item],
    topics: Sequence[Item],
    *,
    tokenizer: Tokenizer,
    countries: Sequence[str],
    names: dict[str, str],
    tokens: int,
    rng: random.Random,
) -> Iterator[Batch]:
    """Everything once, in batches of one padded length."""
    shuffled = rng.sample(sentences, len(sentences))
    plain = _packed([changed(item, names, rng) if rng.random() < SWAPPED else item for item in shuffled], rng)
    groups = []
    for items in (plain, topics):
        encoded = list(zip(items, tokenizer.encode_batch([item.example.text for item in items]), strict=True))
        rng.shuffle(encoded)
        encoded.sort(key=padded)
        groups += grouped(encoded, tokens, step=STEP)
    rng.shuffle(groups)
    mask = tokenizer.token_to_id("<mask>")
    for group in groups:
        if (batch := collate(group, countries=countries, rng=rng, mask_id=mask)) is not None:
            yield batch


def _packed(items: list[Item], rng: random.Random) -> list[Item]:
    packed, position = [], 0
    while position < len(items):
        short = rng.random() < PACKED and len(items[position].example.text) < 300
        count = rng.randint(2, 3) if short else 1
        packed.append(joined(items[position : position + count]))
        position += count
    return packed


def padded(pair: tuple[Item, Encoding]) -> int:
    return whole(pair, STEP)


def collate(
    group: Sequence[tuple[Item, Encoding]],
    *,
    countries: Sequence[str],
    rng: random.Random | None = None,
    mask_id: int = 0,
) -> Batch | None:
    """Without `rng` nothing is hidden: the form used for measuring."""
    length = max(map(padded, group))
    ids, attention, marks = (np.zeros((len(group), length), dtype=np.int64) for _ in range(3))
    codes = {code: number for number, code in enumerate(countries)}
    spans, labels, pairs, weights = [], [], [], []
    for row, (item, encoding) in enumerate(group):
        ids[row, : len(encoding)], attention[row, : len(encoding)] = encoding.ids, 1
        numbers: dict[tuple[int, int], int] = {}
        paired = {place for pair in item.pairs for place in (pair.first, pair.second)}
        for span in item.example.spans:
            place = token_range(encoding, span)
            if place is None:
                continue
            related = (span.start, span.end) in paired
            if rng and (related or span.kind not in (None, "none")) and rng.random() < HIDDEN:
                ids[row, place[0] : place[1]] = mask_id
            kept = span.stance or related
            marks[row, place[0] : place[1]] = 0 if rng and not kept and rng.random() < UNMARKED else 1
            numbers[span.start, span.end] = len(spans)
            spans.append((row, *place))
            weights.append(OWN_WEIGHT if span.kind and span.stance else 1.0)
            labels.append(
                (
                    STANCES.index(span.stance) if span.stance else UNKNOWN,
                    KINDS.index(span.kind) if span.kind else UNKNOWN,
                    codes.get(span.country or "", UNKNOWN),
                )
            )
        pairs += [
            (numbers[pair.first], numbers[pair.second], pair.relation)
            for pair in item.pairs
            if pair.first in numbers and pair.second in numbers
        ]
    if not spans:
        return None
    row_of, start, end = torch.tensor(spans).T
    stance, kind, country = torch.tensor(labels).T
    a, b, relation = torch.tensor(pairs, dtype=torch.long).reshape(-1, 3).T
    read = tuple(torch.from_numpy(part) for part in (ids, attention, marks))
    inputs = (*read, *(part.contiguous() for part in (row_of, start, end, a, b)))
    return Batch(inputs, stance, torch.tensor(weights), kind, country, relation, group[0][0].topical)
