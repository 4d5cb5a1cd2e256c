"""Which library runs the model, and what must be the same with each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from app.domain.values import ArticleText
from app.inference.annotator import Options, TransformerAnnotator
from app.inference.encoding import Row
from app.inference.engine import AUTO, ENGINES, ONNXRUNTIME, OPENVINO, Engine, EngineNotInstalled, SpanLogits
from app.inference.model_folder import BUNDLED, SUMS, ModelFolder
from app.settings import Engine as Choice

MODEL = BUNDLED / "standpoint-en" / "model.onnx"
SENTENCE = "Observer number {} said that Germany praised Kenya, that Belarus was to blame, and that {} China agreed."

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="the openvino extra is not installed")


@pytest.fixture(scope="module")
def rows(annotator: TransformerAnnotator) -> list[Row]:
    texts = [ArticleText(SENTENCE.format(n, "very " * (n * 5))) for n in range(12)]
    return [row for text in texts for row in annotator.draft(text).rows]


@pytest.fixture(scope="module", params=[ONNXRUNTIME, pytest.param(OPENVINO, marks=needs_openvino)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    yield Engine(MODEL, threads=1, name=request.param)


def joined(outputs: list[SpanLogits]) -> np.ndarray:
    parts = SpanLogits.join(outputs)
    return np.concatenate([parts.stance, parts.kind, parts.country], axis=1)


def test_a_passage_has_the_same_logits_alone_and_among_longer_ones(engine: Engine, rows: list[Row]) -> None:
    among = joined(engine.run(rows))
    alone = joined([found for row in rows for found in engine.run([row])])
    assert np.abs(among - alone).max() < 1e-3


def test_an_answer_is_not_overwritten_by_the_next_one(engine: Engine, rows: list[Row]) -> None:
    first = engine.run(rows[:1])
    kept = joined(first).copy()
    engine.run(rows[-1:])
    assert (joined(first) == kept).all()


@needs_openvino
def test_openvino_says_what_onnxruntime_says_but_for_rounding(rows: list[Row]) -> None:
    one, other = (joined(Engine(MODEL, threads=1, name=name).run(rows)) for name in (ONNXRUNTIME, OPENVINO))
    # Logits have standard deviations of 1.4 to 4.7; int8 itself moves them by 0.05 to 0.1 from what floats give.
    assert np.abs(one - other).mean() < 0.1
    assert np.abs(one - other).max() < 1.0
    assert (one[:, :3].argmax(axis=1) == other[:, :3].argmax(axis=1)).mean() > 0.95


@needs_openvino
def test_annotations_of_another_engine_carry_another_model_version() -> None:
    annotator = TransformerAnnotator("standpoint-en", options=Options(engine=OPENVINO, threads=1))
    annotator.close()
    assert annotator.version.startswith("standpoint-en@")
    assert annotator.version != ModelFolder.open("standpoint-en").version


def test_the_version_of_the_default_engine_is_the_digest_of_the_sums_alone() -> None:
    sums = (BUNDLED / "standpoint-en" / SUMS).read_bytes()
    assert ModelFolder.open("standpoint-en").digest == hashlib.sha256(sums).hexdigest()[:12]
    versions = {ModelFolder.open("standpoint-en", engine=name).version for name in (AUTO, ONNXRUNTIME)}
    assert len(versions) == 1
    assert ModelFolder.open("standpoint-en", engine=OPENVINO).version not in versions


def test_an_engine_that_is_not_installed_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "missing", "app.inference.on_missing")
    with pytest.raises(EngineNotInstalled, match=r"missing is not installed: pip install 'standpoint\[missing\]'"):
        Engine(MODEL, name="missing")


def test_the_setting_offers_the_engines_there_are() -> None:
    assert {choice.value for choice in Choice} == {AUTO, *ENGINES}
