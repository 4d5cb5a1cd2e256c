"""The figures as Markdown, with the targets beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.queries.loading import Loading
from benchmarks.queries.measures import DEEPER, EVERYTHING, FIRST, FLOOR, RARE, Measured, Results

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- queries: begin -->", "<!-- queries: end -->"
EXCEPTED = (EVERYTHING, "countries", "publishers", "full text, a common word", "full text, a phrase")
"""Their answers grow with what is stored, or their words are in more than 0.1% of articles."""


def written(name: str, loading: Loading, results: Sequence[Results], *, kept: int | None = None) -> str:
    """All about one database. `kept` articles were not loaded through the project's own path."""
    parts = ([f"### {name}"], _loading(loading, kept), _questions(results), [*_exports(results), *_verdicts(results)])
    return "\n\n".join("\n".join(part) for part in parts)


def failures(name: str, results: Sequence[Results]) -> list[str]:
    return [f"{name}, {each.articles:,} articles: {found}" for each in results for found in _failed(each)]


def put(text: str, file: Path = README) -> None:
    """Between its markers; at its end where it has none."""
    whole = file.read_text(encoding="utf-8")
    block = f"{BEGIN}\n{text}\n{END}"
    found = (
        re.sub(f"{BEGIN}.*{END}", lambda _: block, whole, flags=re.DOTALL) if BEGIN in whole else f"{whole.rstrip()}\n\n{block}\n"
    )
    file.write_text(found, encoding="utf-8")


def _loading(loading: Loading, kept: int | None) -> Iterator[str]:
    ratio = loading.beside.speed / loading.bare.speed if loading.bare.speed else 0.0
    yield (
        f"Loading: {loading.own.articles:,} articles at {loading.own.speed:,.0f}/s. The first {loading.beside.articles:,}, "
        f"in turn with the bare driver's fastest insertion of the same rows: {loading.beside.speed:,.0f}/s against "
        f"{loading.bare.speed:,.0f}/s, "
        f"{ratio:.2f} of its speed (target: at least 0.5)."
    )
    if kept:
        yield f"The {kept:,} articles had been put there by the bare driver, and their indexes made when all were in."


def _questions(results: Sequence[Results]) -> Iterator[str]:
    sizes = [f"{each.articles:,}" for each in results]
    heads = [f"{size}: HTTP p50 (p95) / SQL p50, ms | HTTP / SQL" for size in sizes]
    yield f"| question | {' | '.join(heads)} | growth |"
    yield "|---|" + "---|---|" * len(results) + "---|"
    for name in dict.fromkeys(name for each in results for name in each.questions):
        cells = [_cells(each.questions.get(name)) for each in results]
        yield f"| {name} | {' | '.join(cells)} | {_growth(results, name)} |"


def _cells(measured: Measured | None) -> str:
    if measured is None:
        return "failed | "
    http, bare = measured.http, measured.bare
    return f"{http.p50 * 1e3:.1f} ({http.p95 * 1e3:.1f}) / {bare.p50 * 1e3:.2f} | {http.p50 / bare.p50:.1f}"


def _growth(results: Sequence[Results], name: str) -> str:
    """Of the last size, against the smallest one asked in turn with it."""
    last = results[-1].questions.get(name)
    return f"{last.http.p50 / last.smallest.p50:.2f}" if last and last.smallest.all else ""


def _exports(results: Sequence[Results]) -> Iterator[str]:
    for each in results:
        for form, export in each.exports.items():
            yield (
                f"- Export of {export.lines:,} lines of {form} at {each.articles:,} articles: {export.speed:,.0f} lines/s "
                f"(target for NDJSON: 50,000); the process had {export.megabytes_before:.0f} MB before and "
                f"{export.megabytes_most:.0f} MB at most."
            )


def _verdicts(results: Sequence[Results]) -> Iterator[str]:
    asked = results[-1].questions
    floor, first, deep, everything, rare = (asked.get(name) for name in (FLOOR, FIRST, DEEPER, EVERYTHING, RARE))
    if first:
        yield f"- Page 1 over HTTP / bare SQL: {first.http.p50 / first.bare.p50:.1f} (target: at most 3)."
    if first and floor:
        above = first.http.p50 - floor.http.p50
        yield (
            f"- Of these {first.http.p50 * 1e3:.1f} ms an empty page takes {floor.http.p50 * 1e3:.1f}, which is HTTP itself; "
            f"what the 50 rows add is {above * 1e3:.1f} ms, {above / first.bare.p50:.1f} of their SQL."
        )
    if first and deep:
        yield f"- Deep page / page 1: {deep.http.p50 / first.http.p50:.2f} (target: at most 1.5)."
    if everything:
        ratio, seconds = everything.http.p50 / everything.bare.p50, everything.http.p50
        plainly = results[-1].counting
        yield (
            f"- Summary of everything: {seconds:.2f} s over HTTP (PostgreSQL's target: 1), {ratio:.2f} of the SQL (1.2), "
            f"which reads counts that are kept; {seconds / plainly:.2f} of the SQL that counts the rows ({plainly:.2f} s)."
        )
    if first and rare:
        ratio = rare.http.p95 / first.http.p95
        yield f"- Full text of a rare word, p95 / p95 of a page of stances: {ratio:.1f} (target: at most 5)."
    if len(results) > 1:
        yield f"- Growth above 2, target none: {', '.join(_grown(results)) or 'none'}."
    yield from (f"- FAILED at {each.articles:,} articles: {found}" for each in results for found in _failed(each))


def _grown(results: Sequence[Results]) -> list[str]:
    growths = {name: _growth(results, name) for name in results[-1].questions if name not in EXCEPTED}
    return [f"{name} ({growth})" for name, growth in growths.items() if growth and float(growth) > 2]


def _failed(results: Results) -> list[str]:
    return [f"{name}: {why}" for name, why in results.failed.items()]
