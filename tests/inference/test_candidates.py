"""Where candidates begin and end: the longest true name, whole words, exact code points."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Kind
from app.inference.candidates import Haystack, fold
from tests.inference.gazetteers import read, shipped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("South Korea's army", [("South Korea", "KR")]),
        ("North Korea", [("North Korea", "KP")]),
        ("Guinea-Bissau", [("Guinea-Bissau", "GW")]),
        ("Equatorial Guinea", [("Equatorial Guinea", "GQ")]),
        ("Papua New Guinea", [("Papua New Guinea", "PG")]),
        ("Guinea", [("Guinea", "GN")]),
        ("the Republic of the Congo", [("Republic of the Congo", "CG")]),
        ("the Democratic Republic of the Congo", [("Democratic Republic of the Congo", "CD")]),
        (
            "the Republic of China and the People's Republic of China",
            [("Republic of China", "TW"), ("People's Republic of China", "CN")],
        ),
        ("New Mexico", [("New Mexico", "US")]),
        ("Northern Ireland", [("Northern Ireland", "GB")]),
        ("South Sudan", [("South Sudan", "SS")]),
        ("New England", [("New England", "US")]),
        ("New Jersey", [("New Jersey", "US")]),
        ("Bosnia and Herzegovina", [("Bosnia and Herzegovina", "BA")]),
        ("Trinidad and Tobago", [("Trinidad and Tobago", "TT")]),
    ],
)
def test_overlapping_names_resolve_to_the_longest(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    ["the South China Sea", "the Gulf of Mexico", "the Persian Gulf", "the Indian Ocean", "the Sea of Japan", "Latin America"],
)
def test_a_longer_geographic_name_hides_the_country_in_it(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("US-led", [("US", "US")]),
        ("anti-Chinese", [("Chinese", "CN")]),
        ("pro-Kremlin", [("Kremlin", "RU")]),
        ("Sino-Russian", [("Sino", "CN"), ("Russian", "RU")]),
        ("Franco-German", [("Franco", "FR"), ("German", "DE")]),
        ("Anglo-Irish", [("Anglo", "GB"), ("Irish", "IE")]),
        ("Russo-Turkish", [("Russo", "RU"), ("Turkish", "TR")]),
        ("Indo-Pakistani", [("Indo", "IN"), ("Pakistani", "PK")]),
        ("Franco ruled", []),
        ("China’s and Japan's", [("China", "CN"), ("Japan", "JP")]),
        ("“Ukraine”, ‘Poland’", [("Ukraine", "UA"), ("Poland", "PL")]),
        ("the People’s Republic of China", [("People’s Republic of China", "CN")]),
    ],
)
def test_hyphens_possessives_and_quotes(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the U.S.", [("U.S.", "US")]),
        ("U.S.-backed", [("U.S.", "US")]),
        ("the U. S. Navy", [("U. S.", "US")]),
        ("U.K. and U.A.E.", [("U.K.", "GB"), ("U.A.E.", "AE")]),
        (
            "the UK, the UAE, the DRC, the PRC and the ROK",
            [("UK", "GB"), ("UAE", "AE"), ("DRC", "CD"), ("PRC", "CN"), ("ROK", "KR")],
        ),
        ("The States", [("States", "US")]),
        ("Burma, Ivory Coast and Swaziland", [("Burma", "MM"), ("Ivory Coast", "CI"), ("Swaziland", "SZ")]),
        ("Sacramento, Calif.", [("Sacramento", "US"), ("Calif.", "US")]),
        ("Houston, TX", [("Houston", "US"), ("TX", "US")]),
    ],
)
def test_abbreviations_and_former_names(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "quote", "country"),
    [
        ("Côte d’Ivoire", "Côte d’Ivoire", "CI"),
        ("Cote d'Ivoire", "Cote d'Ivoire", "CI"),
        ("Türkiye", "Türkiye", "TR"),
        ("Turkiye", "Turkiye", "TR"),
        ("São Paulo", "São Paulo", "BR"),
        ("Sao Paulo", "Sao Paulo", "BR"),
        (unicodedata.normalize("NFD", "Türkiye!"), unicodedata.normalize("NFD", "Türkiye"), "TR"),
        (unicodedata.normalize("NFD", "in Malé."), unicodedata.normalize("NFD", "Malé"), "MV"),
        ("SOUTH KOREA", "SOUTH KOREA", "KR"),
        ("TÜRKİYE AND TURKEY", "TURKEY", "TR"),
        ("New\nZealand", "New\nZealand", "NZ"),
        ("New\r\nZealand", "New\r\nZealand", "NZ"),
        ("New \u00a0 Zealand", "New \u00a0 Zealand", "NZ"),
        ("Saudi\u00adArabia and Ku\u00adwait", "Ku\u00adwait", "KW"),
        ("🇰🇿 Kazakhstan 🎉", "Kazakhstan", "KZ"),
    ],
)
def test_accents_capitals_and_white_space_do_not_hide_a_name(text: str, quote: str, country: str) -> None:
    assert (quote, country) in read(text)


@pytest.mark.parametrize(
    "text",
    [
        "turkey",
        "tell us",
        "polish the china",
        "nice",
        "a chad",
        "Romania's"[:5],
        "Omani-sounding"[1:5],
        "Chinamaxxing",
        "Indiana Jones"[:4],
    ],
)
def test_common_words_and_parts_of_words_are_no_candidates(text: str) -> None:
    assert read(text) == []


def test_no_name_runs_on_into_the_next_paragraph() -> None:
    assert ("South\n\nKorea", "KR") not in read("They went South\n\nKorea was silent.")


def test_a_surface_can_have_many_readings() -> None:
    (georgia,) = shipped().candidates("Georgia")
    assert {(reading.country, reading.kind) for reading in georgia.readings} >= {("GE", Kind.NAME), ("US", Kind.PLACE)}
    (congo,) = shipped().candidates("Congo")
    assert [reading.country for reading in congo.readings][:2] == ["CD", "CG"]
    (paris,) = shipped().candidates("Paris")
    assert (paris.readings[0].country, paris.readings[0].kind) == ("FR", Kind.CAPITAL)


SOME_TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "South",
                "Korea",
                "New Zealand",
                "U.S.",
                "Sino-",
                "the States",
                "Türkiye",
                "Guinea-Bissau",
                "CHINA",
                "Congo",
                ", TX",
                "😀",
            ]
        ),
        st.sampled_from(
            [" ", "  ", "\n", "\u00a0", "-", "'s", "’", ",", ".", "\u0301", "\u200b", "\u00ad", "(", "e\u0301", "\r\n", "\n\n"]
        ),
        st.text(max_size=4),
    ),
    max_size=24,
).map("".join)


@given(SOME_TEXT)
def test_candidates_are_ordered_apart_and_never_inside_a_word(text: str) -> None:
    end = 0
    for candidate in shipped().candidates(text):
        span = candidate.span
        assert end <= span.start < span.end <= len(text)
        assert not (span.start and text[span.start - 1].isalnum() and text[span.start].isalnum())
        assert not (span.end < len(text) and text[span.end].isalnum() and text[span.end - 1].isalnum())
        assert span.end == len(text) or not unicodedata.combining(text[span.end])
        assert candidate.readings
        end = span.end


@given(SOME_TEXT, SOME_TEXT)
def test_what_stands_before_shifts_a_candidate_by_its_length(before: str, text: str) -> None:
    alone = [(one.span.start, one.span.end) for one in shipped().candidates(f". {text}")]
    shifted = [(one.span.start, one.span.end) for one in shipped().candidates(f"{before} \n\n. {text}")]
    offset = len(before) + 3
    assert [(start - offset, end - offset) for start, end in shifted if start >= offset] == alone


@given(st.text(max_size=60))
def test_the_folded_text_leads_back_to_the_original(text: str) -> None:
    haystack = Haystack(text)
    for position, letter in enumerate(haystack.folded):
        span = haystack.span(position, position + 1)
        if letter.isalnum():
            assert fold(text[span.start]) == fold(letter)
