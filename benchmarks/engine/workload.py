"""The articles that are read, and what of them the rivals have to judge."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.values import Annotation, ArticleText, Field
from app.inference.encoding import Row
from app.inference.passages import sentences
from training.data import own_examples

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "article-persent-test.jsonl"
SENTENCES_OF_AN_ARTICLE = 15
TOKENS_OF_A_BATCH = 1024


@dataclass(frozen=True)
class Workload:
    name: str
    articles: list[ArticleText]


def load(count: int) -> Workload:
    if SHARED.exists():
        rows = [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()[:count]]
        return Workload(f"{count} articles of PerSenT's test", [ArticleText(row["text"], row["title"] or None) for row in rows])
    return Workload(f"{count} articles put together of the project's own sentences", list(_own(count)))


def _own(count: int) -> Iterator[ArticleText]:
    texts = [example.text for example in own_examples()]
    for number in range(count):
        first = number * SENTENCES_OF_AN_ARTICLE % (len(texts) - SENTENCES_OF_AN_ARTICLE)
        chosen = texts[first : first + SENTENCES_OF_AN_ARTICLE]
        yield ArticleText(" ".join(chosen), title=chosen[0][:120])


def batches(rows: Sequence[Row], *, tokens: int = TOKENS_OF_A_BATCH) -> list[list[Row]]:
    """All rows by length, in batches of at most so many tokens: no server can wait for so good an order."""
    found: list[list[Row]] = [[]]
    for row in sorted(rows, key=len):
        if found[-1] and len(row) * (len(found[-1]) + 1) > tokens:
            found.append([])
        found[-1].append(row)
    return found


def pairs(text: ArticleText, annotation: Annotation) -> list[tuple[str, str]]:
    """Every sentence in which a country is mentioned, with that country, once."""
    parts = {Field.TITLE: text.title or "", Field.TEXT: text.body}
    split = {field: sentences(part) for field, part in parts.items() if part}
    found: dict[tuple[str, str], None] = {}
    for country in annotation.countries:
        for mention in country.mentions:
            spans = split[mention.field]
            span = spans[bisect_right([one.start for one in spans], mention.span.start) - 1]
            found[parts[mention.field][span.start : span.end].strip(), country.name] = None
    return list(found)
