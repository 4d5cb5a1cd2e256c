"""What claims cost an article that comes in: `python -m benchmarks.claims DATA [--articles 60] [--write]`.

DATA is the folder of training/README.md. Articles and claims are those of FNC-1's development and test parts; claims of other
stories are what most articles meet. All times are processor time, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.claims.reader import TransformerClaimReader
from training.claims.data import UNRELATED, Pair, claim_pairs
from training.tables import markdown, put

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- claims -->", "<!-- end of claims -->"
COUNTS = (1, 10, 100, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--articles", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    annotator = TransformerAnnotator("standpoint-en")
    reader = TransformerClaimReader(annotator)
    pairs = [*claim_pairs(given.data, "fnc-dev", "fnc"), *claim_pairs(given.data, "fnc-test", "fnc")]
    found = asyncio.run(measured(annotator, reader, pairs, articles=given.articles))
    print(found)
    if given.write:
        put(README, found, begin=BEGIN, end=END)
    reader.close()
    annotator.close()


async def measured(
    annotator: TransformerAnnotator, reader: TransformerClaimReader, pairs: Sequence[Pair], *, articles: int
) -> str:
    texts = list(dict.fromkeys(pair.text for pair in pairs))[:: max(1, len({pair.text for pair in pairs}) // articles)][:articles]
    annotating = [await timed(annotator.annotate, ArticleText(text), bulk=True) for text in texts]
    annotation = median(seconds for _, seconds in annotating)
    vectors = [said.vectors or b"" for said, _ in annotating]
    related = {(pair.claim, pair.text) for pair in pairs if pair.label != UNRELATED}
    claims = list(dict.fromkeys(pair.claim for pair in pairs))[: max(COUNTS)]
    own = [await reader.vector(claim, bulk=True) for claim in claims]
    await reader.judge(claims[:1], ArticleText(texts[0]), bulk=True)
    reading = median([(await timed(reader.judge, [claims[0]], ArticleText(text), bulk=True))[1] for text in texts])
    rows = []
    for count in COUNTS:
        began = time.process_time()
        meant = [reader.meant([article], b"".join(own[:count]))[0] for article in vectors]
        look = (time.process_time() - began) / len(texts)
        strange = sum((claims[place], text) not in related for text, places in zip(texts, meant, strict=True) for place in places)
        read = strange / len(texts)
        share = 100 * (look + read * reading) / annotation
        rows.append((str(count), f"{1e6 * look:.0f}", f"{read:.2f}", f"{share:.1f}"))
    head = ("claims", "look, µs", "read in vain", "both, % of an annotation")
    note = (
        f"{len(texts)} articles of FNC-1; an annotation takes {1e3 * annotation:.0f} ms of processor time (median), to read an"
        f" article for one claim {1e3 * reading:.0f} ms. `{annotator.version}`, `{reader.version}`. The gate lets through"
        f" {await recall(reader, pairs, texts, vectors)} related pairs of these articles."
    )
    return f"{note}\n\n{markdown(head, rows)}"


async def recall(reader: TransformerClaimReader, pairs: Sequence[Pair], texts: Sequence[str], vectors: Sequence[bytes]) -> str:
    of = dict(zip(texts, vectors, strict=True))
    close = [pair for pair in pairs if pair.label != UNRELATED and pair.text in of]
    own = {claim: await reader.vector(claim, bulk=True) for claim in dict.fromkeys(pair.claim for pair in close)}
    passed = sum(reader.passing(own[pair.claim], [of[pair.text]])[0] for pair in close)
    return f"{passed} of {len(close)}"


async def timed(work: Callable[..., Any], *given: Any, **options: Any) -> tuple[Any, float]:
    began = time.process_time()
    found = await work(*given, **options)
    return found, time.process_time() - began


if __name__ == "__main__":
    main()
