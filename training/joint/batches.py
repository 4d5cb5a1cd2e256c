"""From items to padded batches, with what the teacher says of their spans."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from training.batches import STEP, UNKNOWN, token_range
from training.data import KINDS, STANCES
from training.joint.data import Item, changed, joined

PACKED, SWAPPED, HIDDEN, UNMARKED, TURNED = 0.25, 0.3, 0.05, 0.15, (0, 3, 4, 1, 2)
"""Shares of: sentences that are read beside others, with other countries' names, spans of countries behind a mask, and spans
without a stance that are not marked. Last, the class of each relation when its spans change places."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`inputs` [B, T] and [S] as the graph takes them; labels of spans [S] and of pairs [P], UNKNOWN where not given."""

    inputs: dict[str, np.ndarray]
    stance: Tensor
    kind: Tensor
    country: Tensor
    a: Tensor
    b: Tensor
    relation: Tensor
    topical: Tensor


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
    items = [*plain, *topics]
    encoded = list(zip(items, tokenizer.encode_batch([item.example.text for item in items]), strict=True))
    rng.shuffle(encoded)
    encoded.sort(key=padded)
    groups = list(_groups(encoded, tokens))
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


def _groups(encoded: list[tuple[Item, Encoding]], tokens: int) -> Iterator[list[tuple[Item, Encoding]]]:
    group: list[tuple[Item, Encoding]] = []
    for pair in encoded:
        if group and (padded(pair) != padded(group[0]) or padded(pair) * (len(group) + 1) > tokens):
            yield group
            group = []
        group.append(pair)
    if group:
        yield group


def padded(pair: tuple[Item, Encoding]) -> int:
    return -(-len(pair[1]) // STEP) * STEP


def collate(
    group: Sequence[tuple[Item, Encoding]],
    *,
    countries: Sequence[str],
    rng: random.Random | None = None,
    mask_id: int = 0,
) -> Batch | None:
    """Without `rng` nothing is hidden, and the pairs stand in their order: the form used for measuring."""
    length = max(map(padded, group))
    ids, attention, marks = (np.zeros((len(group), length), dtype=np.int64) for _ in range(3))
    codes = {code: number for number, code in enumerate(countries)}
    spans, labels, pairs, topical = [], [], [], []
    for row, (item, encoding) in enumerate(group):
        ids[row, : len(encoding)], attention[row, : len(encoding)] = encoding.ids, 1
        numbers: dict[tuple[int, int], int] = {}
        paired = {place for pair in item.pairs for place in (pair.first, pair.second)}
        for span in item.example.spans:
            place = token_range(encoding, span)
            if place is None:
                continue
            if rng and span.kind not in (None, "none") and rng.random() < HIDDEN:
                ids[row, place[0] : place[1]] = mask_id
            kept = span.stance or (span.start, span.end) in paired
            marks[row, place[0] : place[1]] = 0 if rng and not kept and rng.random() < UNMARKED else 1
            numbers[span.start, span.end] = len(spans)
            spans.append((row, *place))
            topical.append(item.topical)
            labels.append(
                (
                    STANCES.index(span.stance) if span.stance else UNKNOWN,
                    KINDS.index(span.kind) if span.kind else UNKNOWN,
                    codes.get(span.country or "", UNKNOWN),
                )
            )
        for pair in item.pairs:
            if pair.first in numbers and pair.second in numbers:
                a, b, relation = numbers[pair.first], numbers[pair.second], pair.relation
                turned = rng is not None and rng.random() < 0.5
                pairs.append((b, a, TURNED[relation]) if turned else (a, b, relation))
    if not spans:
        return None
    row_of, start, end = (np.ascontiguousarray(part) for part in np.array(spans, dtype=np.int64).T)
    stance, kind, country = torch.tensor(labels).T
    a, b, relation = torch.tensor(pairs, dtype=torch.long).reshape(-1, 3).T
    inputs = {"input_ids": ids, "attention_mask": attention, "token_type_ids": marks}
    inputs |= {"span_row": row_of, "span_start": start, "span_end": end}
    # Inputs of the shipped graph that neither the lower half nor the teacher's stances depend on.
    inputs |= {name: np.zeros(1, dtype=np.int64) for name in ("pair_a", "pair_b")}
    return Batch(inputs, stance, kind, country, a, b, relation, torch.tensor(topical))
