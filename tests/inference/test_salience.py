"""Salience is a share between 0 and 1 that rises with every mention of the country."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import CountryCode, Field, Kind
from app.inference.salience import Cue, saliences

CN, KZ = CountryCode("CN"), CountryCode("KZ")
CUES = st.builds(
    Cue,
    country=st.sampled_from([CN, KZ, CountryCode("RU")]),
    kind=st.sampled_from(Kind),
    field=st.sampled_from(Field),
    position=st.floats(0, 1),
    probability=st.floats(0.01, 1),
)


def cue(country: CountryCode, *, kind: Kind = Kind.NAME, field: Field = Field.TEXT, position: float = 0.5) -> Cue:
    return Cue(country, kind, field, position)


@given(st.lists(CUES, max_size=30), CUES)
def test_one_more_mention_never_lowers_salience(cues: list[Cue], more: Cue) -> None:
    before, after = saliences(cues), saliences([*cues, more])
    assert after[more.country] >= before.get(more.country, 0.0) - 1e-12


@given(st.lists(CUES, max_size=30))
def test_salience_is_a_share(cues: list[Cue]) -> None:
    found = saliences(cues)
    assert found.keys() == {one.country for one in cues}
    assert all(0.0 < value <= 1.0 for value in found.values())


def test_a_mention_in_the_title_weighs_more_than_one_in_the_text() -> None:
    found = saliences([cue(CN, field=Field.TITLE), cue(KZ)])
    assert found[CN] > found[KZ]


def test_an_early_mention_weighs_more_than_a_late_one() -> None:
    found = saliences([cue(CN, position=0.0), cue(KZ, position=0.9)])
    assert found[CN] > found[KZ]


def test_a_place_weighs_less_than_a_name() -> None:
    found = saliences([cue(CN), cue(KZ, kind=Kind.PLACE)])
    assert found[CN] > 1.4 * found[KZ]


def test_an_article_about_one_country_is_nearly_all_about_it_and_a_passing_mention_is_not() -> None:
    found = saliences([cue(CN, field=Field.TITLE), *[cue(CN)] * 6, cue(KZ, kind=Kind.PLACE, position=0.9)])
    assert found[CN] > 0.9
    assert found[KZ] < 0.1
