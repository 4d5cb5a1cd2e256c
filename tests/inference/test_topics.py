"""Topics that a text never names: what the encoder is shown of them, and what is made of its answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidText
from app.domain.values import ArticleText, Field, Span, Stance
from app.inference.annotator import TransformerAnnotator
from app.inference.calibration import Scaling
from app.inference.drafting import Draft, Drafter
from app.inference.encoding import TextEncoder
from app.inference.engine import SpanLogits
from app.inference.model_folder import BUNDLED, ModelFolder
from app.inference.selection import Piece
from app.inference.topics import LONGEST, Topic, TopicRule, judged
from tests.inference.gazetteers import shipped
from training.seal import seal

MAX_TOKENS = 64
MOST = 3
ENCODER = TextEncoder(BUNDLED / "standpoint-en" / "tokenizer.json", max_tokens=MAX_TOKENS)
DRAFTER = Drafter(shipped(), ENCODER, topics=MOST)
TOPICS = ("nuclear power", "Côte", "a tax on every bag that shops give away", "U.S. aid", "x" * 60)
WORDS = st.sampled_from(
    ["The reactors ", "are safe. ", "Germany waited. ", "😀", "\n\n", "word " * 30, "taxes ", "\u0301", "中国"]
)
TEXTS = st.lists(WORDS, max_size=40).map("".join)
COMMENT = ArticleText("I strongly support reactors and think that they are wonderful.")
IDS = np.array([2000])


def draft(text: str, *targets: str, title: str | None = None) -> Draft:
    return DRAFTER.draft(ArticleText(text, title), language="en", targets=targets)


@given(TEXTS, st.none() | TEXTS, st.sampled_from(TOPICS))
def test_a_topic_is_a_marked_sentence_before_each_passage_and_every_row_fits(text: str, title: str | None, name: str) -> None:
    (topic,) = draft(text, name, title=title).topics or (Topic(name, (), ()),)
    ids, stop = ENCODER.tokens(name).ids, ENCODER.tokens(".").ids
    for row, piece in zip(topic.rows, topic.pieces, strict=True):
        assert len(row) <= MAX_TOKENS
        assert row.ids[1:-1].tolist() == [*ids, *stop, *piece.ids]
        assert row.spans.tolist() == [[1, 1 + len(ids)]]
        assert row.marks.tolist() == [0, *[1] * len(ids), *[0] * (len(row) - len(ids) - 1)]
        assert len(row.pairs) == 0


@given(TEXTS, st.none() | TEXTS)
def test_the_passages_hold_the_tokens_of_the_text_and_no_more_than_so_many_are_read(text: str, title: str | None) -> None:
    (topic,) = draft(text, "nuclear power", title=title).topics
    assert len(topic.rows) == len(topic.pieces) <= MOST
    texts = {Field.TITLE: title or "", Field.TEXT: text}
    for piece in topic.pieces:
        own = ENCODER.tokens(texts[piece.field][piece.span.start : piece.span.end]).ids.tolist()
        # A long sentence's window shows more than the part of it that the passage speaks for.
        assert set(own) <= set(piece.ids.tolist()) or "word " * 30 in text


def test_of_a_long_text_the_first_passage_is_read_and_those_that_share_the_topics_words() -> None:
    plain = "The weather was fine and nobody had much to say about it that week. " * 6
    (topic,) = draft(plain + "Power from reactors is nuclear. " + plain, "nuclear power").topics
    text = plain + "Power from reactors is nuclear. " + plain
    read = [text[piece.span.start : piece.span.end] for piece in topic.pieces]
    assert topic.pieces[0].span.start == 0
    assert any("reactors" in passage for passage in read)


def test_what_is_read_for_a_topic_does_not_depend_on_the_others() -> None:
    text = "The reactors are safe and the weather is fine. " * 12
    alone = [draft(text, name).topics[0] for name in TOPICS]
    for one, other in zip(draft(text, *TOPICS).topics, alone, strict=True):
        assert [row.ids.tolist() for row in one.rows] == [row.ids.tolist() for row in other.rows]


def test_a_target_that_is_named_is_no_topic_however_long_it_is() -> None:
    name = "word " * 40 + "end"
    found = draft(f"They spoke of {name}.", name)
    assert not found.topics
    assert [len(field.named) for field in found.fields] == [1]


@pytest.mark.parametrize(("name", "says"), [("word " * 40, str(LONGEST)), ("\x07", "no word")])
def test_a_topic_that_cannot_be_read_whole_is_refused_by_name(name: str, says: str) -> None:
    with pytest.raises(InvalidText, match=says) as refused:
        draft("The weather was fine.", name)
    assert refused.value.field == "targets"


def test_a_model_that_has_not_learnt_topics_is_shown_none() -> None:
    plain = Drafter(shipped(), ENCODER)
    assert not plain.draft(COMMENT, language="en", targets=["word " * 40, "taxes"]).topics


def test_what_is_read_for_a_topic_counts_as_read_once() -> None:
    text = "Germany waited. The weather was fine."
    assert draft(text, "taxes", "nuclear power").coverage.encoded_characters == len(text)


def two(first: list[float], second: list[float]) -> tuple[Topic, list[SpanLogits], ArticleText]:
    text = ArticleText("No, reactors are a danger.  ", title="Reactors!")
    pieces = [Piece(Field.TITLE, Span(0, 9), IDS), Piece(Field.TEXT, Span(0, 28), IDS)]
    logits = [SpanLogits(*(np.array([row], dtype=np.float32) for _ in range(3))) for row in (first, second)]
    return Topic("nuclear power", pieces, ()), logits, text


def test_the_passages_that_decided_are_the_evidence_word_for_word() -> None:
    found = judged(*two([0, 2, 0], [0, 0, 9]), TopicRule())
    assert (found.stance, found.mentions, found.salience) == (Stance.AGAINST, (), 0.0)
    assert [(one.field, one.quote, one.stance) for one in found.evidence] == [
        (Field.TEXT, "No, reactors are a danger.", Stance.AGAINST)
    ]


def test_the_sharper_the_weights_the_less_neutral_passages_count() -> None:
    passages = two([0, 3, 0], [0, 0, 2])
    alike, sharp = (judged(*passages, TopicRule(sharpness=sharpness)) for sharpness in (0.0, 2.0))
    assert alike.scores is not None and sharp.scores is not None
    assert alike.scores.leading() is Stance.NEUTRAL
    assert sharp.scores.leading() is Stance.AGAINST


def test_below_the_least_score_a_topic_is_undecided_and_the_scores_are_told() -> None:
    found = judged(*two([0.1, 0, 0], [0.1, 0, 0]), TopicRule(scaling=Scaling(), undecided_below=0.6))
    assert found.stance is None
    assert found.scores is not None


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformerAnnotator]:
    """The shipped weights, with plain numbers for topics whether or not the folder has its own."""
    folder = tmp_path_factory.mktemp("model")
    shipped_folder = ModelFolder.open("standpoint-en").path
    for file in shipped_folder.iterdir():
        (folder / file.name).symlink_to(file)
    rule = {"calibration": {}, "undecided_below": 0.0, "passages": {"most": 4, "sharpness": 0.5}}
    config = json.loads((shipped_folder / "config.json").read_text()) | {"topics": rule}
    for name, text in (("config.json", json.dumps(config)), ("SHA256SUMS", "")):
        (folder / name).unlink()
        (folder / name).write_text(text)
    seal(folder)
    found = TransformerAnnotator(folder)
    yield found
    found.close()


def test_topics_and_names_share_a_pass_and_neither_changes_the_other(judge: TransformerAnnotator) -> None:
    text = ArticleText("Germany praised France on Monday. Reactors are safe, said its minister. " * 8, "Germany and the atom")
    plain, mixed = (asyncio.run(judge.annotate(text, targets=names)) for names in (["France"], ["taxes", "France", "atoms"]))
    assert [target.name for target in mixed.targets] == ["taxes", "France", "atoms"]
    assert mixed.targets[1] == plain.targets[0]
    assert (mixed.countries, mixed.relations, mixed.vectors) == (plain.countries, plain.relations, plain.vectors)
    for topic in (mixed.targets[0], mixed.targets[2]):
        assert topic.scores is not None and topic.stance is not None and not topic.mentions
        texts = {Field.TITLE: text.title or "", Field.TEXT: text.body}
        assert all(texts[one.field][one.span.start : one.span.end] == one.quote for one in topic.evidence)
        assert topic.evidence


def test_a_text_of_which_the_tokenizer_sees_nothing_takes_no_stance_toward_a_topic(judge: TransformerAnnotator) -> None:
    (topic,) = asyncio.run(judge.annotate(ArticleText("\x07\x08"), targets=["taxes"])).targets
    assert (topic.stance, topic.scores) == (None, None)
