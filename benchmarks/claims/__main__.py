"""What claims cost an article that comes in: `python -m benchmarks.claims DATA [--model FOLDER] [--articles 60] [--write]`.

DATA is the folder of training/README.md. Claims are those of FNC-1's development and test parts; claims of other stories
are what most articles meet, those of FNC-1 itself as well as local news. All times are processor time, so that other work on the
machine counts little.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.claims.reader import TransformerClaimReader
from training.claims.data import UNRELATED, Pair, claim_pairs
from training.data import rows as rows_of
from training.tables import markdown, put

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- claims -->", "<!-- end of claims -->"
COUNTS = (1, 10, 100, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="standpoint-en", help="folder of another main model")
    parser.add_argument("--articles", type=int, default=60, help="of either kind")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    annotator = TransformerAnnotator(given.model)
    reader = TransformerClaimReader(annotator)
    pairs = [*claim_pairs(given.data, "fnc-dev", "fnc"), *claim_pairs(given.data, "fnc-test", "fnc")]
    local = [row["text"] for row in rows_of(given.data / "countries-lgl.jsonl")]
    local = local[:: max(1, len(local) // given.articles)][: given.articles]
    found = asyncio.run(measured(annotator, reader, pairs, local))
    print(found)
    if given.write:
        put(README, found, begin=BEGIN, end=END)
    reader.close()
    annotator.close()


@dataclass(frozen=True)
class Asked:
    """Claims with their vectors, the claims of FNC-1 that are related to a text, and the articles of one kind with theirs."""

    claims: Sequence[str]
    vectors: Sequence[bytes]
    related: frozenset[tuple[str, str]]
    articles: Sequence[tuple[str, bytes]]


async def measured(
    annotator: TransformerAnnotator, reader: TransformerClaimReader, pairs: Sequence[Pair], local: Sequence[str]
) -> str:
    count = len(local)
    texts = list(dict.fromkeys(pair.text for pair in pairs))
    texts = texts[:: max(1, len(texts) // count)][:count]
    annotated = {text: await timed(annotator.annotate, ArticleText(text), bulk=True) for text in [*texts, *local]}
    vectors = {text: said.vectors or b"" for text, (said, _) in annotated.items()}
    annotation = {name: median(annotated[text][1] for text in kind) for name, kind in (("similar", texts), ("local", local))}
    related = frozenset((pair.claim, pair.text) for pair in pairs if pair.label != UNRELATED)
    claims = list(dict.fromkeys(pair.claim for pair in pairs))[: max(COUNTS)]
    own = [await reader.vector(claim, bulk=True) for claim in claims]
    await reader.judge(claims[:1], ArticleText(texts[0]), bulk=True)
    kinds = {
        name: Asked(claims, own, related, [(text, vectors[text]) for text in kind])
        for name, kind in (("similar", texts), ("local", local))
    }
    rows = []
    for number in COUNTS:
        costs = {name: await cost(reader, asked, number) for name, asked in kinds.items()}
        shares = [f"{100 * seconds / annotation[name]:.1f}" for name, (_, _, seconds) in costs.items()]
        reads = [f"{read:.2f}" for _, read, _ in costs.values()]
        rows.append((str(number), f"{1e6 * costs['similar'][0]:.0f}", *reads, *shares))
    head = ("claims", "looks, µs", "read in vain, similar", "local", "all, % of an annotation, similar", "local")
    passed = await recall(reader, pairs, texts, vectors)
    note = (
        f"{len(texts)} articles of FNC-1, whose subjects are those of the claims, and {len(local)} of local news (LGL). All times"
        f" are processor time; an annotation takes {1e3 * annotation['similar']:.0f} and {1e3 * annotation['local']:.0f} ms"
        " (median). Looks are both of the gate's, without the statement that loads the texts; pairs that are related are left"
        f" out. `{annotator.version}`, `{reader.version}`. The gate lets through {passed} related pairs of these articles."
    )
    return f"{note}\n\n{markdown(head, rows)}"


async def cost(reader: TransformerClaimReader, asked: Asked, count: int) -> tuple[float, float, float]:
    """For an article, of so many claims it has nothing to do with: seconds of both looks, readings in vain, seconds of all."""
    together = b"".join(asked.vectors[:count])
    known = reader.asked(asked.claims[:count], together)
    began = time.process_time()
    meant = [passing(reader, known, together, text, made) for text, made in asked.articles]
    looks = time.process_time() - began
    strange = [
        (asked.claims[place], text)
        for (text, _), places in zip(asked.articles, meant, strict=True)
        for place in places
        if (asked.claims[place], text) not in asked.related
    ]
    reading = [(await timed(reader.judge, [claim], ArticleText(text), bulk=True))[1] for claim, text in strange]
    articles = len(asked.articles)
    return looks / articles, len(strange) / articles, (looks + sum(reading)) / articles


def passing(reader: TransformerClaimReader, known: Any, claims: bytes, text: str, made: bytes) -> Sequence[int]:
    places = reader.meant([made], claims)[0]
    return reader.closer(known, places, ArticleText(text), made) if places else ()


async def recall(
    reader: TransformerClaimReader, pairs: Sequence[Pair], texts: Sequence[str], vectors: Mapping[str, bytes]
) -> str:
    chosen = set(texts)
    close = [pair for pair in pairs if pair.label != UNRELATED and pair.text in chosen]
    own = {claim: await reader.vector(claim, bulk=True) for claim in dict.fromkeys(pair.claim for pair in close)}
    known = {claim: reader.asked([claim], vector) for claim, vector in own.items()}
    passed = sum(bool(passing(reader, known[p.claim], own[p.claim], p.text, vectors[p.text])) for p in close)
    return f"{passed} of {len(close)}"


async def timed(work: Callable[..., Any], *given: Any, **options: Any) -> tuple[Any, float]:
    began = time.process_time()
    found = await work(*given, **options)
    return found, time.process_time() - began


if __name__ == "__main__":
    main()
