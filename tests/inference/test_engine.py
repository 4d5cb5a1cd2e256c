"""The real graph, asked directly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.domain.values import Span
from app.inference.annotator import TransformerAnnotator
from app.inference.encoding import Row, TextEncoder
from app.inference.engine import TURNED, Engine
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
