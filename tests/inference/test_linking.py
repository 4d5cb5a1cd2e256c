"""The link rule: the heads' word, the names' priors and the rest of the article, with and without logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.domain.values import Kind
from app.inference.linking import Link, Linker, LinkWeights
from app.inference.neighbours import beside
from app.inference.outcomes import KINDS, Floats, outcomes_of
from tests.inference.gazetteers import shipped

COUNTRIES: list[str] = sorted(shipped().codes)
LINKER = Linker(COUNTRIES, LinkWeights())


def linked(*texts: str, kinds: dict[int, str] | None = None, countries: dict[int, str] | None = None) -> list[Link | None]:
    """The links of a text's candidates, with strong logits for the kinds and countries given by candidate number."""
    fields = [(text, shipped().candidates(text)) for text in texts]
    kind_logits, country_logits = zeros(sum(len(found) for _, found in fields))
    for number, kind in (kinds or {}).items():
        kind_logits[number, KINDS.index(kind)] = 8.0
    for number, country in (countries or {}).items():
        country_logits[number, COUNTRIES.index(country)] = 8.0
    return LINKER.link(fields, kind_logits, country_logits)


def zeros(candidates: int) -> tuple[Floats, Floats]:
    return np.zeros((candidates, len(KINDS))), np.zeros((candidates, len(COUNTRIES)))


def codes(*texts: str) -> list[str | None]:
    return [link.country if link else None for link in linked(*texts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lebanon, Ohio", ["US", "US"]),
        ("Lebanon, Syria and Jordan", ["LB", "SY", "JO"]),
        ("Paris, Texas", ["US", "US"]),
        ("Paris (Texas)", ["US", "US"]),
        ("Paris, France", ["FR", "FR"]),
        ("Paris, London and Berlin", ["FR", "GB", "DE"]),
        ("Tbilisi, Georgia", ["GE", "GE"]),
        ("Atlanta, Georgia", ["US", "US"]),
        ("Athens, Ga.", ["US", "US"]),
        ("London, Ontario", ["CA", "CA"]),
        ("Cambridge, Massachusetts", ["US", "US"]),
        ("Birmingham, England", ["GB", "GB"]),
        ("Moscow, Idaho", ["US", "US"]),
        ("Naples, FL", ["US", "US"]),
        ("Cuba, Missouri, is known for its murals", ["US", "US"]),
    ],
)
def test_a_town_beside_its_region_lies_in_it(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_a_list_of_places_is_not_a_town_in_its_region() -> None:
    assert codes("Cuba, Florida and Haiti")[0] == "CU"


def test_the_rest_of_the_article_decides_between_readings() -> None:
    assert codes("Congo's army left. Kinshasa said the rebels of Goma had fled.")[0] == "CD"
    assert codes("Congo's army left. Brazzaville said the rebels of Pointe-Noire had fled.")[0] == "CG"
    assert codes("Pyongyang and Kim. Korean troops near Sinuiju; the DPRK fired.")[1] == "KP"


def test_the_title_counts_as_part_of_the_article() -> None:
    assert codes("Brazzaville votes; Pointe-Noire calm", "Congo's president spoke.")[-1] == "CG"


def test_the_heads_decide_whether_a_span_is_a_country_at_all() -> None:
    assert linked("Jordan scored.", kinds={0: "none"}) == [None]
    link = linked("Jordan signed.", kinds={0: "name"})[0]
    assert link is not None
    assert (link.country, link.kind) == ("JO", Kind.NAME)
    assert link.probability > 0.95


def test_the_heads_decide_which_country() -> None:
    for country in ("KR", "KP"):
        link = linked("Korean troops", countries={0: country})[0]
        assert link is not None
        assert link.country == country


def test_readings_of_one_country_are_taken_together() -> None:
    link = linked("Washington")[0]
    assert link is not None
    assert (link.country, link.kind) == ("US", Kind.CAPITAL)
    assert link.probability > 0.8


def test_no_candidates_give_no_links() -> None:
    assert linked("Nothing here.") == []


def test_weights_are_read_from_the_configuration_and_unknown_ones_refused() -> None:
    assert LinkWeights.parse(LinkWeights().asdict()) == LinkWeights()
    with pytest.raises(TypeError):
        LinkWeights.parse({"luck": 1.0})


TEXTS = st.sampled_from(
    [
        "Lebanon, Ohio and Lebanon's army in Beirut; Georgia, Georgia.",
        "Congo, Congolese troops, Kinshasa; the U.S., Paris, Texas, and Washington.",
        "Jordan met Chad in Jordan; China, Chinese and Sino-Russian ties in Korea.",
    ]
)
LOGITS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@given(TEXTS, LOGITS)
def test_probabilities_are_probabilities_whatever_the_logits(text: str, random: np.random.Generator) -> None:
    fields = [(text, shipped().candidates(text))]
    columns: dict[str, int] = {code: column for column, code in enumerate(COUNTRIES)}
    outcomes = outcomes_of(fields, columns)
    kinds = random.normal(scale=6, size=(outcomes.candidates, len(KINDS)))
    countries = random.normal(scale=6, size=(outcomes.candidates, len(COUNTRIES)))
    probabilities = LINKER.probabilities(outcomes, beside(fields), kinds, countries)
    assert np.allclose(np.bincount(outcomes.owner, probabilities), 1.0)
    for link in LINKER.link(fields, kinds, countries):
        assert link is None or 0.0 < link.probability <= 1.0


@given(TEXTS, arrays(np.float64, 40, elements=st.floats(-5, 5)))
def test_a_constant_added_to_all_logits_of_a_span_changes_nothing(text: str, shifts: Floats) -> None:
    fields = [(text, shipped().candidates(text))]
    kinds, countries = zeros(len(fields[0][1]))
    shift = shifts[: len(kinds), None]
    plain, shifted = LINKER.link(fields, kinds, countries), LINKER.link(fields, kinds + shift, countries - shift)
    for one, other in zip(plain, shifted, strict=True):
        assert (one is None) == (other is None)
        assert (
            one is None or other is None or (one.country == other.country and one.probability == pytest.approx(other.probability))
        )
