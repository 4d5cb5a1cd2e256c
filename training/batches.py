"""From examples to padded batches: packing, country swaps, masking."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from training.data import KINDS, STANCES, Example, LabelledSpan, shifted

STEP = 16
UNKNOWN = -100  # torch's own ignore_index
One = TypeVar("One")


@dataclass(frozen=True)
class Batch:
    """Inputs [B, T] and [S] as the exported model takes them, labels [S] (UNKNOWN where not given), teacher logits [S, 3]."""

    inputs: tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
    stance: Tensor
    kind: Tensor
    country: Tensor
    teacher: Tensor
    weight: Tensor


@dataclass(frozen=True)
class Recipe:
    """What happens to the examples of one epoch; each number is a probability or a count."""

    pack: float = 0.5
    packed_at_most: int = 4
    swap: float = 0.4
    hide: float = 0.08
    hidden_marks: float = 0.15
    own_weight: float = 2.0


def swap_countries(example: Example, names: dict[str, str], rng: random.Random) -> Example:
    """Replace countries that the example names only in full by others, so that no stance is learnt from a country's name."""
    kinds: dict[str, set[str | None]] = {}
    for span in example.spans:
        if span.country:
            kinds.setdefault(span.country, set()).add(span.kind)
    plain = [code for code, found in kinds.items() if found == {"name"} and code in names]
    others = [code for code in names if code not in kinds]
    mapping = dict(zip(plain, rng.sample(others, len(plain)), strict=True))
    text, spans, position = "", [], 0
    for span in sorted(example.spans, key=lambda s: s.start):
        text += example.text[position : span.start]
        code = mapping.get(span.country or "")
        surface = names[code] if code else example.text[span.start : span.end]
        spans.append(replace(span, start=len(text), end=len(text) + len(surface), country=code or span.country))
        text, position = text + surface, span.end
    return replace(example, text=text + example.text[position:], spans=tuple(spans))


def join(examples: Sequence[Example]) -> Example:
    """Several examples as one passage: what stands beside a sentence must not change its judgement."""
    text, spans = "", []
    for example in examples:
        offset = len(text) + 1 if text else 0
        text = f"{text} {example.text}" if text else example.text
        spans += [shifted(span, offset) for span in example.spans]
    return Example(text=text, spans=tuple(spans), source=examples[0].source)


def token_range(encoding: Encoding, span: LabelledSpan) -> tuple[int, int] | None:
    """The tokens that overlap the span, or None where the encoder's limit cut it off."""
    touching = [
        index for index, (start, end) in enumerate(encoding.offsets) if start < end and start < span.end and end > span.start
    ]
    return (touching[0], touching[-1] + 1) if touching else None


def epoch(
    examples: Sequence[Example],
    *,
    tokenizer: Tokenizer,
    countries: Sequence[str],
    names: dict[str, str],
    recipe: Recipe,
    tokens_per_batch: int,
    rng: random.Random,
) -> Iterator[Batch]:
    """One pass over the examples in random order, batched by similar length."""
    passages = _pack([_changed(example, names, recipe, rng) for example in rng.sample(examples, len(examples))], recipe, rng)
    encoded = list(zip(passages, tokenizer.encode_batch([passage.text for passage in passages]), strict=True))
    encoded.sort(key=padded)  # stable: random within a length
    groups = list(grouped(encoded, tokens_per_batch))
    rng.shuffle(groups)
    mask = tokenizer.token_to_id("[MASK]") or tokenizer.token_to_id("<mask>")
    for group in groups:
        batch = collate(group, countries=countries, recipe=recipe, rng=rng, mask_id=mask)
        if batch is not None:
            yield batch


def _changed(example: Example, names: dict[str, str], recipe: Recipe, rng: random.Random) -> Example:
    return swap_countries(example, names, rng) if rng.random() < recipe.swap else example


def _pack(examples: list[Example], recipe: Recipe, rng: random.Random) -> list[Example]:
    packed, position = [], 0
    while position < len(examples):
        several = rng.random() < recipe.pack / 2 and len(examples[position].text) < 400
        count = rng.randint(2, recipe.packed_at_most) if several else 1
        packed.append(join(examples[position : position + count]))
        position += count
    return packed


def grouped(encoded: list[tuple[One, Encoding]], tokens: int, *, step: int = STEP) -> Iterator[list[tuple[One, Encoding]]]:
    """Batches of few shapes: the kernels for a shape are compiled when it first occurs, which costs more than the padding."""
    group: list[tuple[One, Encoding]] = []
    for pair in encoded:
        length = padded(pair, step)
        if group and (length != padded(group[0], step) or length * (len(group) + 1) > tokens):
            yield group
            group = []
        group.append(pair)
    if group:
        yield group


def padded(pair: tuple[object, Encoding], step: int = STEP) -> int:
    """The number of tokens, rounded up to whole steps."""
    return -(-len(pair[1]) // step) * step


def collate(
    group: list[tuple[Example, Encoding]],
    *,
    countries: Sequence[str],
    recipe: Recipe | None = None,
    rng: random.Random | None = None,
    mask_id: int | None = None,
) -> Batch | None:
    """Without a recipe nothing is hidden: the form used for measuring. Spans that the limit cut off are left out."""
    length = max(map(padded, group))
    ids, attention, marks = (torch.zeros(len(group), length, dtype=torch.long) for _ in range(3))
    index = {code: column for column, code in enumerate(countries)}
    spans: list[tuple[int, int, int]] = []
    labels: list[tuple[int, int, int]] = []
    teacher: list[tuple[float, float, float]] = []
    weight: list[float] = []
    for row, (example, encoding) in enumerate(group):
        ids[row, : len(encoding)] = torch.tensor(encoding.ids)
        attention[row, : len(encoding)] = 1
        for span in example.spans:
            tokens = token_range(encoding, span)
            if tokens is None:
                continue
            hidden = False
            if recipe is not None and rng is not None:
                if span.kind is not None and span.kind != "none" and rng.random() < recipe.hide:
                    ids[row, tokens[0] : tokens[1]] = mask_id
                hidden = span.stance is None and rng.random() < recipe.hidden_marks
            marks[row, tokens[0] : tokens[1]] = 0 if hidden else 1
            spans.append((row, *tokens))
            labels.append(
                (
                    STANCES.index(span.stance) if span.stance else UNKNOWN,
                    KINDS.index(span.kind) if span.kind else UNKNOWN,
                    index.get(span.country or "", UNKNOWN),
                )
            )
            teacher.append(span.teacher or (float("nan"),) * 3)
            weight.append(recipe.own_weight if recipe is not None and span.kind and span.stance else 1.0)
    if not spans:
        return None
    row, start, end = torch.tensor(spans).T
    stance, kind, country = torch.tensor(labels).T
    inputs = (ids, attention, marks, row.contiguous(), start.contiguous(), end.contiguous())
    return Batch(inputs, stance, kind, country, torch.tensor(teacher), torch.tensor(weight))
