"""The real graph, asked directly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from app.domain.values import Span
from app.inference.annotator import TransformerAnnotator
from app.inference.encoding import Row, TextEncoder
from app.inference.engine import PAIRS, TURNED, Engine
from app.inference.packed import unpacked
from app.inference.passages import Passage

SENTENCE = "After the summit France warned Hungary, which thanked Serbia."
NAMES = ("France", "Hungary", "Serbia")


@pytest.fixture(scope="module")
def engine(annotator: TransformerAnnotator) -> Iterator[Engine]:
    with unpacked(annotator.folder.path) as graph:
        yield Engine(graph)


def row(encoder: TextEncoder, pairs: list[tuple[int, int]]) -> Row:
    tokens = encoder.tokens(SENTENCE)
    spans = [Span(SENTENCE.index(name), SENTENCE.index(name) + len(name)) for name in NAMES]
    return encoder.row(tokens, Passage(Span(0, len(SENTENCE)), 0, len(tokens.ids)), spans, pairs)


def test_a_relation_is_the_same_whichever_span_is_named_first(engine: Engine, annotator: TransformerAnnotator) -> None:
    ordered, turned, alone = (
        engine.run([row(annotator.encoder, pairs)])[0].relation for pairs in ([(0, 1), (1, 2)], [(1, 0), (2, 1)], [(1, 2)])
    )
    assert np.allclose(turned[:, TURNED], ordered, atol=1e-5)
    assert np.allclose(alone, ordered[1:], atol=1e-5)
    assert not np.allclose(ordered, ordered[:, TURNED], atol=0.1), "a head that knows no direction would pass, too"


def test_each_row_of_a_batch_gets_the_relations_of_its_own_pairs(engine: Engine, annotator: TransformerAnnotator) -> None:
    rows = [row(annotator.encoder, pairs) for pairs in ([(0, 2)], [], [(0, 1), (0, 2), (1, 2)])]
    together, alone = engine.run(rows), [engine.run([one])[0] for one in rows]
    assert [len(said.relation) for said in together] == [1, 0, 3]
    for a, b in zip(together, alone, strict=True):
        assert np.allclose(a.relation, b.relation, atol=1e-4)


def test_a_sentence_that_lists_many_countries_has_all_of_its_pairs_in_passes_that_fit(
    engine: Engine, annotator: TransformerAnnotator
) -> None:
    names = sorted({"Chad", "Togo", "Peru", "Mali", "Oman", "Iran", "Iraq", "Cuba", "Fiji", "Laos", "Niger", "Nepal"})
    text = " ".join(names * 3)
    starts = [n for n in range(len(text)) if n == 0 or text[n - 1] == " "]
    spans = [Span(n, (text + " ").index(" ", n)) for n in starts]
    tokens, encoder = annotator.encoder.tokens(text), annotator.encoder
    whole, every = Passage(Span(0, len(text)), 0, len(tokens.ids)), list(combinations(range(len(spans)), 2))
    assert len(every) > 2 * PAIRS
    few = [every[0], every[PAIRS], every[-1]]
    beside = row(encoder, [(0, 1)])
    all_of_them, other = engine.run([encoder.row(tokens, whole, spans, every), beside])
    (some,) = engine.run([encoder.row(tokens, whole, spans, few)])
    assert len(all_of_them.relation) == len(every) and len(other.relation) == 1
    assert np.allclose(all_of_them.relation[[every.index(pair) for pair in few]], some.relation, atol=1e-4)
    assert np.allclose(all_of_them.stance, some.stance, atol=1e-4)
