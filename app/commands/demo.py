"""standpoint demo: articles that the project wrote itself, annotated and stored, and five requests to try."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from app import logs, settings
from app.api.schemas_articles import ArticleRequest
from app.main import open_annotator, open_store, refusing
from app.services.ports import Annotator
from app.services.submit import submit
from app.storage.database import Store

SAMPLES = Path(__file__).parent / "samples" / "articles.ndjson"

REQUESTS = (
    ("Who is spoken well of, and in which words?", "stances?stance=favor&min_score=0.6"),
    ("What is said of China?", "stances?country=CN"),
    ("How did it change from month to month?", "stances/series?country=CN&country=RU&interval=month"),
    ("Which articles of one outlet are about Poland?", "articles?country=PL&publisher=Northern%20Ledger"),
    ("Which countries are there?", "countries"),
)


def demo() -> None:
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    with open_store(chosen) as store, open_annotator(chosen) as annotator, refusing():
        added, known = asyncio.run(_load(store, annotator))
    print(f"{added} sample articles annotated and stored, {known} were there already.", file=sys.stderr)
    print("\n".join(_lines(f"http://{chosen.host}:{chosen.port}/v1")))


def samples() -> list[ArticleRequest]:
    return [ArticleRequest.model_validate(json.loads(line)) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


async def _load(store: Store, annotator: Annotator) -> tuple[int, int]:
    done = [await submit(store, annotator, sample.submission()) for sample in samples()]
    added = sum(created for _, created in done)
    return added, len(done) - added


def _lines(root: str) -> list[str]:
    lines = ["Start the service with `standpoint serve` and ask:"]
    for question, address in REQUESTS:
        lines += ["", f"# {question}", f"curl -s '{root}/{address}'"]
    return lines
