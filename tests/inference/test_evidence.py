"""The sentences that are shown are those that drove the judgement."""

from __future__ import annotations

import numpy as np

from app.domain.values import Evidence, Field, Kind, Mention, Probabilities, Span, Stance
from app.inference.aggregation import Aggregation, Votes
from app.inference.evidence import AT_MOST, LONGEST, Place, evidence, place_of

FAVOR, NEUTRAL, AGAINST = (0.8, 0.15, 0.05), (0.05, 0.9, 0.05), (0.05, 0.15, 0.8)
AGGREGATION = Aggregation()


def shown(*rows: tuple[float, float, float], stance: Stance, sentences: list[int] | None = None) -> list[str]:
    """Each row is a mention in the sentence whose number is given; sentence 3 reads "s3"."""
    numbers = sentences or list(range(len(rows)))
    text = "".join(f"s{number}" for number in range(100))
    starts = {number: text.index(f"s{number}") for number in numbers}
    places = [Place(Field.TEXT, Span(starts[number], starts[number] + len(f"s{number}"))) for number in numbers]
    votes = Votes(np.array(rows), np.ones(len(rows)), np.zeros(len(rows)), np.ones(len(rows), dtype=bool))
    return [sentence.quote for sentence in found(votes, places, stance, text)]


def found(votes: Votes, places: list[Place], stance: Stance, text: str) -> tuple[Evidence, ...]:
    return evidence(votes, places, stance=stance, aggregation=AGGREGATION, texts={Field.TEXT: text})


def mention(start: int, end: int) -> Mention:
    return Mention(
        Field.TEXT, Span(start, end), "x" * (end - start), Kind.NAME, 1.0, Stance.NEUTRAL, Probabilities(0.0, 1.0, 0.0)
    )


def test_sentences_that_take_another_stance_are_not_shown() -> None:
    assert shown(FAVOR, NEUTRAL, AGAINST, FAVOR, stance=Stance.FAVOR) == ["s0", "s3"]


def test_the_sentence_with_the_greatest_influence_comes_first() -> None:
    weak = (0.5, 0.3, 0.2)
    assert shown(weak, FAVOR, weak, stance=Stance.FAVOR)[0] == "s1"


def test_at_most_five_are_shown() -> None:
    assert len(shown(*[AGAINST] * 12, stance=Stance.AGAINST)) == AT_MOST


def test_a_sentence_with_several_mentions_is_shown_once() -> None:
    assert shown(FAVOR, FAVOR, FAVOR, stance=Stance.FAVOR, sentences=[2, 2, 7]) == ["s2", "s7"]


def test_where_no_sentence_agrees_the_most_influential_one_is_shown() -> None:
    assert len(shown(FAVOR, AGAINST, stance=Stance.NEUTRAL)) == 1


def test_a_sentence_is_quoted_without_the_white_space_around_it() -> None:
    text = "One. \n Two here. \n"
    assert place_of(mention(7, 10), Span(5, 18), text) == Place(Field.TEXT, Span(7, 16))


def test_of_a_text_without_full_stops_only_a_piece_with_the_mention_is_quoted() -> None:
    text = "x" * 50_000
    place = place_of(mention(20_000, 20_010), Span(0, 50_000), text)
    assert place.sentence.start <= 20_000 < 20_010 <= place.sentence.end
    assert place.sentence.end - place.sentence.start <= LONGEST
