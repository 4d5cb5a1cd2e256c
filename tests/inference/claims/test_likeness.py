"""The gate's second look: words and vectors of an article beside those of many claims at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import ArticleText
from app.inference.claims.gate import SecondLook
from app.inference.claims.likeness import FEATURES, asked, features, passages_of
from app.inference.encoding import TextEncoder
from app.inference.engine import WIDTH
from app.inference.model_folder import BUNDLED, InvalidModel

SIZE = 12
TELLING = np.linspace(0.5, 6.0, SIZE, dtype=np.float32)
TOKENS = st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=6).map(lambda ids: np.array(ids, dtype=np.int64))
LOOK = SecondLook(0.2, TELLING, np.array([4.0, 2.0, 0.0, 0.0], dtype=np.float32), -3.0)


def vectors(count: int, seed: int = 0) -> bytes:
    found = np.random.default_rng(seed).normal(size=(count, WIDTH))
    return np.rint(127 * found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.int8).tobytes()


@given(st.lists(TOKENS, min_size=1, max_size=5), st.lists(TOKENS, min_size=1, max_size=4), st.integers(1, 3))
def test_the_numbers_are_those_of_plain_python(claims: list[np.ndarray], passages: list[np.ndarray], seen: int) -> None:
    own, theirs = vectors(len(claims)), vectors(seen, seed=1)
    found = features(asked(claims, own, TELLING), passages, theirs, SIZE)
    assert found.shape == (len(claims), len(FEATURES))
    one, other = (np.frombuffer(each, dtype=np.int8).reshape(-1, WIDTH).astype(float) for each in (own, theirs))
    for number, claim in enumerate(claims):
        words = set(claim.tolist())
        total = sum(TELLING[word] for word in words)
        shares = [sum(TELLING[word] for word in words & set(passage.tolist())) / total for passage in passages]
        common = sum(TELLING[word] * np.exp(-TELLING[word]) for word in words) / total
        length = np.log(len({word for passage in passages for word in passage.tolist()}))
        cosine = max(other @ one[number]) / 127**2
        assert found[number] == pytest.approx([cosine, max(shares), common, length], abs=1e-5)


@given(st.lists(TOKENS, min_size=2, max_size=6), st.data())
def test_some_of_many_claims_are_what_they_are_alone(claims: list[np.ndarray], data: st.DataObject) -> None:
    own = vectors(len(claims))
    places = data.draw(st.lists(st.integers(0, len(claims) - 1), min_size=1, max_size=4))
    together = asked(claims, own, TELLING).only(np.array(places))
    alone = [asked([claims[place]], own[place * WIDTH : (place + 1) * WIDTH], TELLING) for place in places]
    passages, theirs = [np.arange(5), np.arange(3, 9)], vectors(2, seed=1)
    found = features(together, passages, theirs, SIZE)
    assert found == pytest.approx(np.concatenate([features(each, passages, theirs, SIZE) for each in alone]), abs=1e-6)


def test_an_article_with_the_words_and_the_vector_of_a_claim_passes_and_one_with_neither_does_not() -> None:
    claim, own = np.array([7, 9]), vectors(1)
    known = asked([claim], own, TELLING)
    assert LOOK.lets_through(known, [claim], own).tolist() == [True]
    assert LOOK.lets_through(known, [np.array([1, 2])], vectors(1, seed=3)).tolist() == [False]


def test_a_second_look_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "gate.json"
    file.write_text(LOOK.dumped())
    read = SecondLook.load(file)
    assert (read.least, read.bias) == (LOOK.least, LOOK.bias)
    assert read.weights == pytest.approx(LOOK.weights)
    assert read.telling == pytest.approx(LOOK.telling, abs=1 / 32)


@pytest.mark.parametrize("changes", [{"features": ["cosine"]}, {"weights": [1.0]}, {"telling": "?"}, {"bias": None}])
def test_another_layout_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    file = tmp_path / "gate.json"
    file.write_text(json.dumps(json.loads(LOOK.dumped()) | changes))
    with pytest.raises(InvalidModel, match=r"gate\.json"):
        SecondLook.load(file)


def test_title_and_text_are_looked_at_whole() -> None:
    encoder = TextEncoder(BUNDLED / "standpoint-en" / "tokenizer.json", max_tokens=128)
    text = ArticleText("The border is open. " * 60, "Mongolia denies")
    found = passages_of(text, encoder)
    words = np.concatenate([encoder.tokens(text.title or "").ids, encoder.tokens(text.body).ids])
    assert np.concatenate(found).tolist() == words.tolist()
    assert max(map(len, found)) <= 96 and words.max() < encoder.size
