"""The figures as Markdown, with the targets beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.queries.loading import Loading
from benchmarks.queries.measures import Measured, Results

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- queries: begin -->", "<!-- queries: end -->"
EVERYTHING = "summary of everything by country and month"
EXCEPTED = (EVERYTHING, "countries", "publishers", "full text, a common word", "full text, a phrase")
"""Their answers grow with what is stored, or their words are in more than 0.1% of articles."""


def written(name: str, loading: Loading, results: Sequence[Results]) -> str:
    """All about one database."""
    parts = ([f"### {name}"], _loading(loading), _questions(results), [*_exports(results), *_verdicts(results)])
    return "\n\n".join("\n".join(part) for part in parts)


def put(text: str) -> None:
    """Between the markers of benchmarks/README.md."""
    whole = README.read_text(encoding="utf-8")
    block = f"{BEGIN}\n{text}\n{END}"
    found = (
        re.sub(f"{BEGIN}.*{END}", lambda _: block, whole, flags=re.DOTALL) if BEGIN in whole else f"{whole.rstrip()}\n\n{block}\n"
    )
    README.write_text(found, encoding="utf-8")


def _loading(loading: Loading) -> Iterator[str]:
    ratio = loading.beside.speed / loading.bare.speed if loading.bare.speed else 0.0
    yield (
        f"Loading: {loading.own.articles:,} articles at {loading.own.speed:,.0f}/s. The first {loading.beside.articles:,}, "
        f"in turn with the bare driver's fastest insertion of the same rows: {loading.beside.speed:,.0f}/s against "
        f"{loading.bare.speed:,.0f}/s, "
        f"{ratio:.2f} of its speed (target: at least 0.5)."
    )


def _questions(results: Sequence[Results]) -> Iterator[str]:
    sizes = [f"{each.articles:,}" for each in results]
    heads = [f"{size}: HTTP p50 (p95) / SQL p50, ms | HTTP / SQL" for size in sizes]
    yield f"| question | {' | '.join(heads)} | growth |"
    yield "|---|" + "---|---|" * len(results) + "---|"
    for name in results[-1].questions:
        cells = [_cells(each.questions.get(name)) for each in results]
        yield f"| {name} | {' | '.join(cells)} | {_growth(results, name)} |"


def _cells(measured: Measured | None) -> str:
    if measured is None:
        return "| "
    http, bare = measured.http, measured.bare
    return f"{http.p50 * 1e3:.1f} ({http.p95 * 1e3:.1f}) / {bare.p50 * 1e3:.2f} | {http.p50 / bare.p50:.1f}"


def _growth(results: Sequence[Results], name: str) -> str:
    first, last = results[0].questions.get(name), results[-1].questions.get(name)
    return f"{last.http.p50 / first.http.p50:.2f}" if first and last and len(results) > 1 else ""


def _exports(results: Sequence[Results]) -> Iterator[str]:
    for each in results:
        for form, export in each.exports.items():
            yield (
                f"- Export of {export.lines:,} lines of {form} at {each.articles:,} articles: {export.speed:,.0f} lines/s "
                f"(target for NDJSON: 50,000); the process had {export.megabytes_before:.0f} MB before and "
                f"{export.megabytes_most:.0f} MB at most."
            )


def _verdicts(results: Sequence[Results]) -> Iterator[str]:
    last = results[-1]
    first_page, deep = (last.questions.get(name) for name in list(last.questions)[:2])
    if first_page and deep:
        yield f"- Page 1 over HTTP / bare SQL: {first_page.http.p50 / first_page.bare.p50:.1f} (target: at most 3)."
        yield f"- Deep page / page 1: {deep.http.p50 / first_page.http.p50:.2f} (target: at most 1.5)."
    if everything := last.questions.get(EVERYTHING):
        ratio, seconds = everything.http.p50 / everything.bare.p50, everything.http.p50
        yield f"- Summary of everything: {seconds:.2f} s over HTTP (PostgreSQL's target: 1), {ratio:.2f} of the SQL (1.2)."
    rare = last.questions.get("full text, a rare word")
    if rare and first_page:
        ratio = rare.http.p95 / first_page.http.p95
        yield f"- Full text of a rare word, p95 / p95 of a page of stances: {ratio:.1f} (target: at most 5)."
    grown = {name: _growth(results, name) for name in last.questions if name not in EXCEPTED}
    above = [f"{name} ({growth})" for name, growth in grown.items() if growth and float(growth) > 2]
    if len(results) > 1:
        yield f"- Growth above 2, target none: {', '.join(above) or 'none'}."
    if last.left_out:
        yield f"- Not answered by this version: {', '.join(last.left_out)}."
