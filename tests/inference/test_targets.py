"""Names given by the caller are found exactly as written."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.inference import targets

COMPOSED, DECOMPOSED = "Erdo\u011fan", "Erdog\u0306an"


def quotes(text: str, name: str) -> list[str]:
    return [text[span.start : span.end] for span in targets.find(text, [name])[0]]


def test_a_name_is_found_wherever_it_stands_as_whole_words() -> None:
    assert quotes("Apple's shares; Apple, Pineapple, Apples and (Apple).", "Apple") == ["Apple"] * 3


def test_upper_and_lower_case_count() -> None:
    assert quotes("apple APPLE Apple", "Apple") == ["Apple"]


def test_composed_and_decomposed_letters_are_the_same() -> None:
    for text in (COMPOSED, DECOMPOSED):
        for name in (COMPOSED, DECOMPOSED):
            assert quotes(f"😀 {text} said", name) == [text]


def test_a_name_does_not_end_before_a_combining_mark() -> None:
    assert quotes("Rene\u0301 and Rene", "Rene") == ["Rene"]
    assert quotes("Ren\u00e9 and Rene", "Rene") == ["Rene"]


def test_a_line_break_within_a_name_does_not_hide_it() -> None:
    assert quotes("Angela\n  Merkel", "Angela Merkel") == ["Angela\n  Merkel"]


def test_signs_in_a_name_mean_themselves() -> None:
    assert quotes("C++ and C+ (AT&T)", "C++") == ["C++"]
    assert quotes("C++ and C+ (AT&T)", "AT&T") == ["AT&T"]


def test_a_name_that_does_not_stand_there_is_not_found() -> None:
    assert targets.find("Germany", ["France", " ", "many"]) == [[], [], []]


@given(st.text(max_size=60), st.text(min_size=1, max_size=5))
def test_every_find_is_the_name_but_for_white_space_and_composition(text: str, name: str) -> None:
    plain = " ".join(unicodedata.normalize("NFD", name).split())
    for quote in quotes(text, name):
        assert " ".join(unicodedata.normalize("NFD", quote).split()) == plain
