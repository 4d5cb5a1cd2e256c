"""What the joint training reads: sentences with relations, and topics before texts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="make test-torch installs the torch extra")

from app.inference.model_folder import locate  # noqa: E402
from app.inference.relations import CLASSES  # noqa: E402
from training.batches import UNKNOWN  # noqa: E402
from training.data import STANCES, Example, LabelledSpan  # noqa: E402
from training.joint.batches import collate, epoch  # noqa: E402
from training.joint.data import Item, Pair, changed, joined, topic_epoch, topic_example  # noqa: E402
from training.linking_data import country_codes, country_names  # noqa: E402
from training.train import load_tokenizer  # noqa: E402

OPPOSES = CLASSES.index("a opposes b")


def sentence(a: str, b: str, relation: int = OPPOSES) -> Item:
    text = f"{a} blamed {b} for the failure."
    first, second = ((text.index(name), text.index(name) + len(name)) for name in (a, b))
    spans = LabelledSpan(*first, kind="name", country="FR"), LabelledSpan(*second, stance="against", kind="name", country="HU")
    return Item(Example(text, spans, "test"), (Pair(first, second, relation),))


def named(item: Item) -> list[tuple[str, str]]:
    return [(item.example.text[slice(*pair.first)], item.example.text[slice(*pair.second)]) for pair in item.pairs]


@pytest.fixture(scope="module")
def base() -> Path:
    """A folder with the tokenizer, which is all that batches need."""
    return locate("standpoint-en")


def test_a_pair_follows_its_spans_when_countries_change_their_names() -> None:
    found = changed(sentence("France", "Hungary"), country_names(), random.Random(3))
    ((first, second),) = named(found)
    assert {first, second} <= set(country_names().values()) and first != "France" and second != "Hungary"


def test_sentences_read_together_keep_their_own_pairs() -> None:
    found = joined([sentence("France", "Hungary"), sentence("Chad", "Togo", 0)])
    assert named(found) == [("France", "Hungary"), ("Chad", "Togo")]
    assert [pair.relation for pair in found.pairs] == [OPPOSES, 0]


def test_a_batch_says_which_spans_a_relation_is_of(base: Path) -> None:
    items, tokenizer = [sentence("France", "Hungary"), sentence("Chad", "Togo", 0)], load_tokenizer(base)
    encoded = [(item, tokenizer.encode(item.example.text)) for item in items]
    batch = collate(encoded, countries=country_codes())
    assert batch is not None and not batch.topical
    ids, _, marks, row, start, end, a, b = batch.inputs
    words = [tokenizer.decode(ids[row[n], start[n] : end[n]].tolist()) for n in range(len(row))]
    assert [(words[i], words[j]) for i, j in zip(a, b, strict=True)] == [("france", "hungary"), ("chad", "togo")]
    assert batch.relation.tolist() == [OPPOSES, 0]
    assert batch.stance.tolist() == [UNKNOWN, STANCES.index("against")] * 2
    assert marks.sum() == sum(end - start), "all spans are marked where nothing is hidden"


def test_a_topic_stands_marked_before_its_text(base: Path) -> None:
    item, tokenizer = Item(topic_example([("nuclear power", "favor")], "Reactors are clean.")), load_tokenizer(base)
    batch = collate([(item, tokenizer.encode(item.example.text))], countries=country_codes())
    assert batch is not None and batch.topical and not len(batch.relation)
    ids, _, marks, *_ = batch.inputs
    assert tokenizer.decode(ids[0][marks[0] == 1].tolist()) == "nuclear power"
    assert batch.stance.tolist() == [STANCES.index("favor")]


def test_only_topics_of_other_texts_are_neutral() -> None:
    own = {"On reactors.": [("nuclear power", "favor"), ("coal", "neutral")], "On schools.": [("homework", "against")]}
    asked = [
        (item.example.text, item.example.text[span.start : span.end], span.stance)
        for seed in range(40)
        for item in topic_epoch(own, random.Random(seed))
        for span in item.example.spans
    ]
    neutral = {(text.rsplit(". ", 1)[-1], topic) for text, topic, stance in asked if stance == "neutral"}
    assert neutral == {("On reactors.", "homework"), ("On schools.", "nuclear power"), ("On schools.", "coal")}
    assert {(topic, stance) for _, topic, stance in asked if stance != "neutral"} == {
        ("nuclear power", "favor"),
        ("homework", "against"),
    }


def test_an_epoch_reads_everything_once_and_never_mixes_topics_with_sentences(base: Path) -> None:
    names = list(country_names().values())
    sentences = [sentence(a, b) for a, b in zip(names[:40], names[40:80], strict=True)]
    topics = [Item(topic_example([(f"topic {number}", "against")], "A text.")) for number in range(30)]
    batches = list(
        epoch(
            sentences,
            topics,
            tokenizer=load_tokenizer(base),
            countries=country_codes(),
            names=country_names(),
            tokens=256,
            rng=random.Random(1),
        )
    )
    assert sum(len(batch.relation) for batch in batches) == 40
    assert sum(len(batch.stance) for batch in batches if batch.topical) == 30
    assert all(batch.inputs[0].numel() <= 256 for batch in batches)
