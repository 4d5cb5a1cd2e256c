"""From the passages' logits to what an article says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.domain.claims import ClaimStance
from app.domain.values import ArticleText, Field, Span
from app.inference.calibration import Scaling
from app.inference.claims.encoding import Bag, PairRow
from app.inference.claims.verdicts import surely_unrelated, verdict
from app.inference.selection import Piece

TEXT = ArticleText("There was a coup. No, there was none.  ", title="A coup?")
FOUR = Scaling(bias=(0.0,) * 4)
IDS = np.array([2000])


def bag(*spans: tuple[Field, int, int]) -> Bag:
    return Bag([Piece(field, Span(start, end), IDS) for field, start, end in spans], [PairRow(IDS, 0) for _ in spans])


BOTH = bag((Field.TEXT, 0, 18), (Field.TEXT, 18, 39))


def logits(*, claims: list[float], says: float = 0.0) -> np.ndarray:
    return np.array([*claims, 0.0, 0.0, 0.0, says], dtype=np.float32)


def test_the_passage_with_more_to_say_decides_and_is_the_evidence() -> None:
    found = verdict(
        BOTH, [logits(claims=[3, 0, 0, 0], says=-2), logits(claims=[0, 4, 0, 0], says=3)], TEXT, model="m@1", scaling=FOUR
    )
    assert found.stance is ClaimStance.DISAGREE
    assert [(one.quote, one.stance) for one in found.evidence] == [("No, there was none.", ClaimStance.DISAGREE)]
    assert found.passages == 2


def test_what_is_unrelated_has_no_evidence() -> None:
    found = verdict(BOTH, [logits(claims=[0, 0, 0, 5])] * 2, TEXT, model="m@1", scaling=FOUR)
    assert (found.stance, found.evidence) == (ClaimStance.UNRELATED, ())


def test_a_text_that_the_tokenizer_sees_nothing_of_is_unrelated() -> None:
    found = verdict(Bag([], []), [], TEXT, model="m@1", scaling=FOUR)
    assert (found.stance, found.passages) == (ClaimStance.UNRELATED, 0)


def test_the_title_is_quoted_from_the_title() -> None:
    found = verdict(bag((Field.TITLE, 0, 7)), [logits(claims=[0, 0, 5, 0])], TEXT, model="m@1", scaling=FOUR)
    assert [(one.field, one.quote) for one in found.evidence] == [(Field.TITLE, "A coup?")]


@given(arrays(np.float32, (2, 8), elements=st.floats(-20, 20, width=32)))
def test_probabilities_are_shares_of_one_and_the_stance_is_the_greatest(values: np.ndarray) -> None:
    found = verdict(BOTH, list(values), TEXT, model="m@1", scaling=FOUR)
    shares = [found.probabilities.of(stance) for stance in ClaimStance]
    assert abs(sum(shares) - 1) < 1e-3
    assert found.probabilities.of(found.stance) >= max(shares) - 1e-4


def test_reading_ends_only_where_the_claims_words_stand_and_are_not_meant() -> None:
    told, vague = Bag(BOTH.pieces, BOTH.rows, 1, 0.8), Bag(BOTH.pieces, BOTH.rows, 1, 0.1)
    strange, close = logits(claims=[0, 0, 0, 6]), logits(claims=[0, 0, 1, 1])
    assert surely_unrelated(told, strange, FOUR)
    assert not surely_unrelated(told, close, FOUR)
    assert not surely_unrelated(vague, strange, FOUR)
