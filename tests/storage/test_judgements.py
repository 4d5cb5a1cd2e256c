from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Evidence, Judgement, Mention, Probabilities, Relation, Scores, Span, Stance
from app.storage import judgements

SPANS = st.tuples(st.integers(0, 10**6), st.integers(1, 500)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SHARES = st.floats(0, 1)
HALVES = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5))
PROBABILITIES = HALVES.map(lambda pair: Probabilities(*pair, 1 - sum(pair)))
SCORES = HALVES.map(lambda pair: Scores(*pair, 1 - sum(pair)))
MENTIONS = st.builds(Mention, span=SPANS, quote=TEXTS, probability=SHARES, probabilities=PROBABILITIES)
EVIDENCE = st.builds(Evidence, span=SPANS, quote=TEXTS, score=SHARES)
JUDGEMENTS = st.builds(
    Judgement,
    name=TEXTS,
    salience=SHARES,
    stance=st.none() | st.sampled_from(Stance),
    scores=SCORES,
    mentions=st.lists(MENTIONS, max_size=3).map(tuple),
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
    country=st.none() | st.sampled_from(["CN", "KZ"]),
    author=st.none() | SCORES,
    attributed=st.none() | SCORES,
)


RELATIONS = st.builds(
    Relation,
    source=st.sampled_from(["CN", "KZ"]),
    target=st.sampled_from(["RU", "US"]),
    stance=st.sampled_from([Stance.FAVOR, Stance.AGAINST]),
    probability=SHARES,
    evidence=EVIDENCE,
)


@given(st.lists(RELATIONS, max_size=3))
def test_a_relation_survives_its_way_through_json(said: list[Relation]) -> None:
    assert judgements.load_relations(json.loads(json.dumps(judgements.dump_relations(said)))) == tuple(said)


def test_of_a_model_that_knew_of_no_relations_there_are_none() -> None:
    assert judgements.load_relations(None) == ()


@given(st.lists(JUDGEMENTS, max_size=3))
def test_a_judgement_survives_its_way_through_json(said: list[Judgement]) -> None:
    assert judgements.load(json.loads(json.dumps(judgements.dump(said)))) == tuple(said)


def test_a_target_that_the_article_never_mentions_survives_too() -> None:
    never = Judgement(name="Ada", salience=0.0, stance=None, scores=None, mentions=(), evidence=())
    assert judgements.load(judgements.dump([never])) == (never,)
