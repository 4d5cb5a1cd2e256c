"""The project's own tables and the two public word lists beside them, read into plain values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

TABLES = Path(__file__).parent / "tables"


def rows(name: str) -> Iterator[list[str]]:
    """The fields of each line that is not a comment."""
    for line in (TABLES / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def listed(name: str) -> Iterator[tuple[str, str]]:
    """(code, form) for tables of the shape code, forms separated by |."""
    for code, forms in rows(name):
        for form in forms.split("|"):
            if form:
                yield code, form


def display_names() -> dict[str, str]:
    return {fields[0]: fields[1] for fields in rows("names.tsv")}


def names() -> Iterator[tuple[str, str]]:
    for code, display, *others in rows("names.tsv"):
        yield code, display
        yield from ((code, form) for form in (others[0].split("|") if others else ()) if form)


def demonyms() -> Iterator[tuple[str, str]]:
    for code, form in listed("demonyms.tsv"):
        yield from ((code, surface) for surface in expanded(form))


def expanded(form: str) -> list[str]:
    """`German+s` is German, Germans; `French+man` is French and its four persons."""
    if form.endswith("+s"):
        return [form[:-2], form[:-2] + "s"]
    if form.endswith("+man"):
        base = form[:-4]
        return [base, *(base + ending for ending in ("man", "men", "woman", "women"))]
    return [form]


def governments() -> Iterator[tuple[str, str, float]]:
    for surface, code, weight in rows("governments.tsv"):
        yield surface, code, float(weight)


def states() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(postal code, name, abbreviations) of each US state."""
    for postal, name, *others in rows("states.tsv"):
        yield postal, name, tuple(form for form in (others[0].split("|") if others else ()) if form)


def masks() -> list[str]:
    return [fields[0] for fields in rows("masks.tsv")]


def not_towns() -> frozenset[str]:
    return frozenset(fields[0] for fields in rows("not_towns.tsv"))


def commonness() -> dict[str, str]:
    """The class of a name that is also a word or a person's name: plain, word or person."""
    return {fields[0]: fields[1] for fields in rows("common.tsv")}


def overrides() -> dict[tuple[str, str, str], float]:
    return {(surface, code, kind): float(weight) for surface, code, kind, weight in rows("ambiguous.tsv")}
