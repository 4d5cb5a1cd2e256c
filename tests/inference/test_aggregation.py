"""From votes to judgements, rule by rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Scores, Stance
from app.inference.aggregation import RULES, Aggregation, Floats, Votes, rounded

FAVOR, NEUTRAL, AGAINST = (0.8, 0.15, 0.05), (0.05, 0.9, 0.05), (0.05, 0.15, 0.8)


def votes(*rows: tuple[float, float, float], weights: list[float] | None = None, by_author: list[bool] | None = None) -> Votes:
    count = len(rows)
    return Votes(
        probabilities=np.array(rows),
        weights=np.array(weights or [1.0] * count),
        positions=np.linspace(0, 1, count),
        by_author=np.array(by_author or [True] * count, dtype=bool),
    )


def stance(given: Votes, **numbers: object) -> Stance:
    judged: Floats = Aggregation(**numbers).judge(given)  # type: ignore[arg-type]
    return list(Stance)[int(judged.argmax())]


@st.composite
def any_votes(draw: st.DrawFn) -> Votes:
    count = draw(st.integers(1, 8))
    raw = np.array(draw(st.lists(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3), min_size=count, max_size=count))) + 1e-6
    weights = draw(st.lists(st.floats(1e-3, 3.0), min_size=count, max_size=count))
    authors = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return votes(*map(tuple, raw / raw.sum(axis=1, keepdims=True)), weights=weights, by_author=authors)


@pytest.mark.parametrize("rule", RULES)
@given(given_votes=any_votes())
def test_every_rule_gives_shares_of_one(rule: str, given_votes: Votes) -> None:
    shares = Scores(*rounded(Aggregation(rule=rule, neutral_discount=1.0).judge(given_votes)))
    assert abs(shares.favor + shares.neutral + shares.against - 1) < 1e-3


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_agrees_with_a_single_mention(rule: str) -> None:
    assert np.allclose(Aggregation(rule=rule).judge(votes(AGAINST)), AGAINST)


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_depends_on_the_order_of_the_mentions(rule: str) -> None:
    given = votes(FAVOR, NEUTRAL, AGAINST, AGAINST, weights=[1, 2, 3, 1], by_author=[True, False, True, False])
    back = given.only(np.array([3, 1, 0, 2]))
    assert np.allclose(Aggregation(rule=rule).judge(given), Aggregation(rule=rule).judge(back))


def test_neutral_mentions_in_passing_do_not_drown_a_stance() -> None:
    given = votes(FAVOR, FAVOR, *[NEUTRAL] * 3)
    assert stance(given, rule="mean") is Stance.NEUTRAL
    assert stance(given, rule="salience-weighted", neutral_discount=0.9) is Stance.FAVOR


def test_weights_count() -> None:
    assert stance(votes(FAVOR, AGAINST, weights=[1, 3]), rule="salience-weighted") is Stance.AGAINST
    assert stance(votes(FAVOR, AGAINST, weights=[3, 1]), rule="salience-weighted") is Stance.FAVOR


def test_what_leads_counts_more_where_the_rule_says_so() -> None:
    given = votes(FAVOR, AGAINST, AGAINST, weights=[1.2, 0.7, 0.7])
    assert stance(given, rule="salience-weighted") is Stance.AGAINST
    assert stance(given, rule="lead-weighted", lead=5.0) is Stance.FAVOR


def test_the_strongest_votes_decide_alone_where_the_rule_says_so() -> None:
    assert stance(votes(*[NEUTRAL] * 20, AGAINST, AGAINST, AGAINST), rule="strongest") is Stance.AGAINST


def test_attributed_mentions_are_left_out_where_only_the_author_counts() -> None:
    given = votes(FAVOR, AGAINST, AGAINST, by_author=[True, False, False])
    assert stance(given, rule="author-voice") is Stance.FAVOR
    assert stance(given.only(np.array([1, 2])), rule="author-voice") is Stance.AGAINST


def test_each_voice_is_judged_alone_and_none_where_it_is_silent() -> None:
    aggregation = Aggregation()
    mixed = votes(FAVOR, AGAINST, by_author=[True, False])
    assert aggregation.judge_voice(mixed, by_author=True) == Scores(*FAVOR)
    assert aggregation.judge_voice(mixed, by_author=False) == Scores(*AGAINST)
    assert aggregation.judge_voice(votes(FAVOR), by_author=False) is None


def test_unknown_rules_and_numbers_are_refused() -> None:
    with pytest.raises(KeyError):
        Aggregation.parse({"rule": "majority"})
    with pytest.raises(TypeError):
        Aggregation.parse({"weight": 3})
