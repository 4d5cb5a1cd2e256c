"""What claims cost an article that comes in: `python -m benchmarks.claims DATA [--model FOLDER] [--articles 60] [--write]`.

DATA is the folder of training/README.md. Claims are those of FNC-1's development and test parts; claims of other stories
are what most articles meet, those of FNC-1 itself as well as local news. FNC-1 gives labels to some of the pairs of a story only:
a claim and an article that related pairs link, through whatever others, are one story, and reading them is not in vain. All times
are processor time, so that other work on the machine counts little.
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

from app.domain.claims import ClaimStance
from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.claims.reader import TransformerClaimReader
from training.claims.data import UNRELATED, Pair, claim_pairs, related, stories
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
    """Claims with their vectors, the articles of one kind with theirs, and the stories of both as far as they have one."""

    claims: Sequence[str]
    vectors: Sequence[bytes]
    stories: Mapping[tuple[str, str], int]
    articles: Sequence[tuple[str, bytes]]

    def strange(self, claim: str, text: str) -> bool:
        """Whether nothing links them."""
        return ("text", text) not in self.stories or self.stories["text", text] != self.stories.get(("claim", claim))


async def measured(
    annotator: TransformerAnnotator, reader: TransformerClaimReader, pairs: Sequence[Pair], local: Sequence[str]
) -> str:
    count = len(local)
    texts = list(dict.fromkeys(pair.text for pair in pairs))
    texts = texts[:: max(1, len(texts) // count)][:count]
    annotated = {text: await timed(annotator.annotate, ArticleText(text), bulk=True) for text in [*texts, *local]}
    vectors = {text: said.vectors or b"" for text, (said, _) in annotated.items()}
    annotation = {name: median(annotated[text][1] for text in kind) for name, kind in (("similar", texts), ("local", local))}
    linked = stories(related(pairs))
    claims = list(dict.fromkeys(pair.claim for pair in pairs))[: max(COUNTS)]
    own = [await reader.vector(claim, bulk=True) for claim in claims]
    await reader.judge(claims[:1], ArticleText(texts[0]), bulk=True)
    kinds = {
        name: Asked(claims, own, linked, [(text, vectors[text]) for text in kind])
        for name, kind in (("similar", texts), ("local", local))
    }
    rows = []
    for number in COUNTS:
        costs = {name: await cost(reader, asked, number) for name, asked in kinds.items()}
        shares = [
            f"{100 * seconds / annotation[name]:.1f}" for name, each in costs.items() for seconds in (each.in_vain, each.all)
        ]
        reads = [f"{found:.2f}" for each in costs.values() for found in (each.unrelated, each.read)]
        rows.append((str(number), f"{1e6 * costs['similar'].looks:.0f}", *reads, *shares))
    head = ("claims", "looks, µs", "in vain, similar", "read", "in vain, local", "read")
    head += ("% of an annotation in vain, similar", "all", "% in vain, local", "all")
    passed = await recall(reader, pairs, texts, vectors)
    note = (
        f"{len(texts)} articles of FNC-1, whose subjects are those of the claims, and {len(local)} of local news (LGL). All times"
        f" are processor time; an annotation takes {1e3 * annotation['similar']:.0f} and {1e3 * annotation['local']:.0f} ms"
        " (median). Looks are both of the gate's, without the statement that loads the texts; pairs of one story are left"
        " out. In vain is what the gate let through and the pair model found unrelated, and both looks."
        f" `{annotator.version}`, `{reader.version}`. The gate lets through {passed} related pairs of these articles."
    )
    return f"{note}\n\n{markdown(head, rows)}"


@dataclass(frozen=True)
class Cost:
    """Of an article: seconds of both looks, claims that were read and those found unrelated then, and seconds with these and
    with all of them."""

    looks: float
    read: float
    unrelated: float
    in_vain: float
    all: float


async def cost(reader: TransformerClaimReader, asked: Asked, count: int) -> Cost:
    """Of so many claims, without those of the article's own story."""
    together = b"".join(asked.vectors[:count])
    known = reader.asked(asked.claims[:count], together)
    began = time.process_time()
    meant = [passing(reader, known, together, text, made) for text, made in asked.articles]
    looks = time.process_time() - began
    strange = [
        (asked.claims[place], text)
        for (text, _), places in zip(asked.articles, meant, strict=True)
        for place in places
        if asked.strange(asked.claims[place], text)
    ]
    read = [await timed(reader.judge, [claim], ArticleText(text), bulk=True) for claim, text in strange]
    vain = [seconds for (said,), seconds in read if said.stance is ClaimStance.UNRELATED]
    total, articles = sum(seconds for _, seconds in read), len(asked.articles)
    figures = (looks, len(read), len(vain), looks + sum(vain), looks + total)
    return Cost(*(figure / articles for figure in figures))


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
