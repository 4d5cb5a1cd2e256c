"""What of `make bench-engine` can be wrong without anybody noticing: what is asked, how it is counted, where it is written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from benchmarks.engine import __main__ as program
from benchmarks.engine.load import Answer, Answers, ask, connection, flood_async, request
from benchmarks.engine.workload import batches, load, pairs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def annotator() -> Iterator[TransformerAnnotator]:
    opened = TransformerAnnotator("standpoint-en")
    yield opened
    opened.close()


def test_every_part_has_its_place_and_is_run_by_default() -> None:
    readme, makefile = program.README.read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"<!-- bench-engine (\d+) -->", readme)] == list(program.PARTS)
    assert f"PARTS ?= {','.join(map(str, program.PARTS))}\n" in makefile


def test_a_part_is_written_into_its_own_place_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "README", tmp_path / "README.md")
    places = "".join(f"<!-- bench-engine {number} -->\nold {number}\n<!-- end of {number} -->\n" for number in (1, 2))
    program.README.write_text(f"before\n{places}behind\n", encoding="utf-8")
    program.write(2, "new \\1\n")
    written = program.README.read_text(encoding="utf-8")
    assert written == f"before\n{places}behind\n".replace("old 2\n", "new \\1\n")


def test_batches_hold_every_row_once_and_no_more_tokens_than_they_may(annotator: TransformerAnnotator) -> None:
    rows = [row for text in load(4).articles for row in annotator.draft(text, "en").rows]
    made = batches(rows, tokens=256)
    assert sorted(id(row) for batch in made for row in batch) == sorted(map(id, rows))
    assert all(len(batch) == 1 or max(map(len, batch)) * len(batch) <= 256 for batch in made)


def test_rivals_are_asked_of_each_sentence_and_country_once(annotator: TransformerAnnotator) -> None:
    text = ArticleText("Germany praised France, and Germany thanked it. Belarus waited.", title="Germany and Kenya")
    said = asyncio.run(annotator.annotate(text, language="en"))
    first = "Germany praised France, and Germany thanked it."
    assert sorted(pairs(text, said)) == sorted(
        [
            ("Germany and Kenya", "Germany"),
            ("Germany and Kenya", "Kenya"),
            (first, "Germany"),
            (first, "France"),
            ("Belarus waited.", "Belarus"),
        ]
    )


def test_refusals_are_not_counted_as_served() -> None:
    answers = Answers(seconds=2.0)
    answers.count(Answer(200, b"", None), 0.1)
    answers.count(Answer(429, b"", None), 0.2)
    answers.count(Answer(429, b"", 3.0), 0.3)
    assert (answers.rate, answers.percentile(0.99), answers.without_retry_after) == (0.5, 100.0, 1)


def test_a_flood_does_not_wait_for_answers() -> None:
    """Ten requests at a hundred a second, to a server that answers none of them before all ten have come."""

    async def flooded() -> Answers:
        everybody = asyncio.Barrier(10)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await everybody.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        async with asyncio.timeout(30), await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            contents = [request("/", None, method="GET")] * 10
            return await flood_async(server.sockets[0].getsockname()[1], contents, rate=100, seconds=10)

    assert asyncio.run(flooded()).statuses == {200: 10}


def test_a_connection_that_ends_is_an_error_and_no_end_of_input() -> None:
    async def cut_off() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with (
            await asyncio.start_server(serve, "127.0.0.1", 0) as server,
            connection(server.sockets[0].getsockname()[1]) as connected,
        ):
            await ask(connected, request("/", None, method="GET"))

    with pytest.raises(ConnectionError):
        asyncio.run(cut_off())
