"""The shipped table: complete for every country, well formed, small and quick to load."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from time import process_time

import pytest
from babel import Locale

from app.domain.values import CountryCode, Kind
from app.inference.gazetteer import Gazetteer
from tests.inference.gazetteers import GAZETTEER, shipped

# CLDR has codes for unions, exceptional reservations and tests beside those of ISO 3166-1; XK (Kosovo) is wanted.
NOT_IN_ISO = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
ISO = sorted(code for code in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", code) and code not in NOT_IN_ISO)
# No people of its own, or none to speak of; Tokelau's administration moves between its atolls every year.
WITHOUT_PEOPLE = frozenset(["BV"])
WITHOUT_CAPITAL = frozenset(["AQ", "BV", "HM", "TK", "UM"])
# City states: the capital is written as the country is.
CAPITAL_IS_NAME = frozenset(["GI", "HK", "MO", "SG", "SM", "VA"])


def rows() -> list[list[str]]:
    return [line.split("\t") for line in GAZETTEER.read_text(encoding="utf-8").splitlines()[1:]]


def countries_with(kind: str) -> set[str]:
    return {country for _, country, its_kind, *_ in rows() if its_kind == kind}


def test_there_are_250_countries() -> None:
    assert len(ISO) == 250
    assert shipped().codes == set(ISO)


@pytest.mark.parametrize("code", ISO)
def test_every_country_is_found_by_the_name_it_is_shown_by(code: str) -> None:
    name = shipped().name(CountryCode(code))
    (candidate,) = shipped().candidates(f"It was said in {name} today.")
    assert (code, Kind.NAME) in {(reading.country, reading.kind) for reading in candidate.readings}


def test_every_country_has_a_name_a_demonym_and_a_capital_where_one_exists() -> None:
    assert set(ISO) == countries_with("name")
    assert set(ISO) - countries_with("demonym") == WITHOUT_PEOPLE
    assert set(ISO) - countries_with("capital") <= WITHOUT_CAPITAL | CAPITAL_IS_NAME


def test_the_weights_of_a_surface_leave_room_for_no_country_at_all() -> None:
    totals: dict[str, float] = defaultdict(float)
    for surface, country, _, weight, _ in rows():
        assert country == "-" or 0.0 < float(weight) < 1.0
        totals[surface] += float(weight) if country != "-" else 0.0
    assert max(totals.values()) <= 1.0


def test_the_file_is_sorted_without_repetition_and_small() -> None:
    lines = GAZETTEER.read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["surface", "country", "kind", "weight", "note"]
    assert lines[1:] == sorted(set(lines[1:]))
    assert GAZETTEER.stat().st_size < 6_000_000


def test_loading_takes_a_fraction_of_the_five_seconds_that_the_service_has() -> None:
    # Of the processor: what else a machine does is no fault of the table.
    start = process_time()
    Gazetteer.load(GAZETTEER)
    assert process_time() - start < 2.0


def test_the_table_is_data_that_a_user_can_replace(tmp_path: Path) -> None:
    file = tmp_path / "gazetteer.tsv"
    file.write_text(
        "surface\tcountry\tkind\tweight\tnote\nRuritania\tRO\tname\t0.9\tdisplay\nRuritania Sea\t-\t-\t1\t\n", encoding="utf-8"
    )
    gazetteer = Gazetteer.load(file)
    assert gazetteer.name(CountryCode("RO")) == "Ruritania"
    assert [candidate.span.start for candidate in gazetteer.candidates("Ruritania Sea and RURITANIA")] == [18]


def test_a_malformed_line_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gazetteer.tsv"
    file.write_text("surface\tcountry\tkind\tweight\tnote\nRuritania\n", encoding="utf-8")
    with pytest.raises(ValueError):
        Gazetteer.load(file)
