"""STANDPOINT_MODEL=hf:FOLDER with a classifier made in the test; `make test-torch` runs these."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="make test-torch installs the torch extra")

from app.domain.errors import EmptyText, EngineOverloaded, EngineUnavailable, UnsupportedLanguage  # noqa: E402
from app.domain.values import (  # noqa: E402
    Annotation,
    ArticleText,
    Judgement,
    Span,
    Stance,
    Voice,
)
from app.inference.batched import Options  # noqa: E402
from app.inference.batching import Limits  # noqa: E402
from app.inference.model_folder import InvalidModel  # noqa: E402
from app.inference.opening import opened  # noqa: E402
from app.inference.pair_annotator import PairAnnotator  # noqa: E402
from app.inference.pair_model import PairModel, columns_of  # noqa: E402
from app.inference.pairs import Context, Pair  # noqa: E402
from tests.torch.conftest import MAX_LENGTH, Make  # noqa: E402

ROOT = Path(__file__).parents[2]
ARTICLE = ArticleText(
    title="France visited Germany .", body="France praised Kenya for its courts . France condemned Belarus for its courts ."
)


def annotate(annotator: PairAnnotator, text: ArticleText, **given: Any) -> Annotation:
    return asyncio.run(annotator.annotate(text, **given))


def by_country(annotation: Annotation) -> dict[str, Judgement]:
    return {judgement.country or "": judgement for judgement in annotation.countries}


def test_each_country_gets_the_stance_of_its_sentence(pairs: PairAnnotator) -> None:
    found = by_country(annotate(pairs, ARTICLE))
    assert {code: found[code].stance for code in ("KE", "BY", "DE")} == {
        "KE": Stance.FAVOR,
        "BY": Stance.AGAINST,
        "DE": Stance.NEUTRAL,
    }
    (evidence,) = found["KE"].evidence
    assert evidence.quote == "France praised Kenya for its courts ."
    assert ARTICLE.body[evidence.span.start : evidence.span.end] == evidence.quote
    assert found["KE"].author is not None or found["KE"].attributed is not None


def test_the_order_of_the_labels_is_that_of_the_model(make: Make) -> None:
    assert columns_of({0: "negative", 1: "Neutral", 2: "positive"}) == [2, 1, 0]
    swapped = PairAnnotator(str(make("swapped", id2label={0: "favor", 1: "neutral", 2: "against"})), options=Options(threads=1))
    try:
        assert by_country(annotate(swapped, ARTICLE))["KE"].stance is Stance.AGAINST
    finally:
        swapped.close()


@pytest.mark.parametrize(
    "labels",
    [
        {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"},
        {0: "entailment", 1: "neutral", 2: "contradiction"},
        {0: "positive", 1: "favor", 2: "negative"},
        {0: "negative", 1: "positive"},
        {0: "negative", 1: "neutral", 2: "positive", 3: "mixed"},
    ],
)
def test_labels_that_do_not_name_the_three_stances_are_refused_with_their_names(labels: dict[int, str]) -> None:
    with pytest.raises(InvalidModel, match=", ".join(labels.values())):
        columns_of(labels)


def test_a_named_target_is_judged_and_one_never_mentioned_is_said_so(pairs: PairAnnotator) -> None:
    ada, nobody = annotate(pairs, ArticleText("France praised Ada for its courts ."), targets=["Ada", "Nobody"]).targets
    assert (ada.stance, nobody.stance, nobody.scores) == (Stance.FAVOR, None, None)


def test_an_undecided_answer_is_null(make: Make) -> None:
    """A head whose weights are all zero finds everything equally likely."""
    folder = make("unsure")
    model = PairAnnotator(str(folder), options=Options(threads=1))
    torch.nn.init.zeros_(model._scorer._model.classifier.weight)  # type: ignore[attr-defined]
    torch.nn.init.zeros_(model._scorer._model.classifier.bias)  # type: ignore[attr-defined]
    try:
        found = annotate(model, ARTICLE)
        assert {judgement.stance for judgement in found.countries} == {None}
    finally:
        model.close()


def test_attributed_speech_is_marked(pairs: PairAnnotator) -> None:
    found = by_country(annotate(pairs, ArticleText("Ada said France praised Kenya for its courts .")))
    assert {mention.voice for mention in found["KE"].mentions} == {Voice.ATTRIBUTED}


def test_many_at_once_get_the_answers_they_get_alone(pairs: PairAnnotator) -> None:
    texts = [ArticleText(f"France {verb} Kenya for {'the ' * n}courts .") for n in range(9) for verb in ("praised", "condemned")]

    async def together() -> list[Annotation]:
        return await asyncio.gather(*(pairs.annotate(text) for text in texts))

    for text, among in zip(texts, asyncio.run(together()), strict=True):
        alone = annotate(pairs, text)
        for mine, yours in zip(among.countries, alone.countries, strict=True):
            assert (mine.country, mine.stance) == (yours.country, yours.stance)
            assert mine.mentions[0].probabilities.favor == pytest.approx(yours.mentions[0].probabilities.favor, abs=2e-4)


def test_requests_that_are_still_being_prepared_take_up_room(make: Make) -> None:
    crowded = PairAnnotator(str(make()), options=Options(threads=1, limits=Limits(jobs=2)))

    async def crowd() -> list[Annotation | BaseException]:
        return await asyncio.gather(*(crowded.annotate(ARTICLE) for _ in range(8)), return_exceptions=True)

    try:
        # All eight ask before the first of them has any pair to submit.
        answers = asyncio.run(crowd())
        assert sum(isinstance(answer, Annotation) for answer in answers) == 2
        assert sum(isinstance(answer, EngineOverloaded) for answer in answers) == 6
    finally:
        crowded.close()
    with pytest.raises(EngineUnavailable):
        annotate(crowded, ARTICLE)


def test_a_sentence_past_the_model_s_limit_is_shown_around_its_mention_and_the_coverage_says_so(pairs: PairAnnotator) -> None:
    text = ArticleText("the " * 100 + "France praised Kenya for its courts " + "the " * 60 + ".")
    found = annotate(pairs, text)
    assert by_country(found)["KE"].stance is Stance.FAVOR
    assert 0 < found.coverage.encoded_characters < found.coverage.characters == len(text.body)


@pytest.mark.parametrize("at", [0, 3, 50, 99])
def test_what_is_shown_of_a_long_context_fits_and_holds_the_mention(pairs: PairAnnotator, at: int) -> None:
    words = ["the"] * 100
    words[at] = "Kenya"
    text = " ".join(words)
    mention = Span(text.index("Kenya"), text.index("Kenya") + 5)
    model: PairModel = pairs._scorer  # type: ignore[assignment]
    row, shown = model.encode(Pair(Context(text, mention), "Kenya"))
    assert len(row) <= MAX_LENGTH
    assert shown.start <= mention.start and mention.end <= shown.end


def test_the_version_covers_what_can_change_an_answer(make: Make, pairs: PairAnnotator) -> None:
    other = PairAnnotator(str(make("tiny", id2label={0: "favor", 1: "neutral", 2: "against"})), options=Options(threads=1))
    other.close()
    assert pairs.version.startswith("tiny@") and other.version.startswith("tiny@")
    assert pairs.version != other.version
    assert annotate(pairs, ARTICLE).model == pairs.version


def test_the_model_says_that_it_is_not_calibrated(pairs: PairAnnotator) -> None:
    assert pairs.description.calibrated is False
    assert pairs.description.evaluation == () and pairs.description.size > 0


def test_what_no_annotator_reads_is_refused(pairs: PairAnnotator) -> None:
    with pytest.raises(EmptyText):
        annotate(pairs, ArticleText(" "))
    with pytest.raises(UnsupportedLanguage):
        annotate(pairs, ArticleText("Kenya"), language="fr")


def test_a_text_without_a_country_needs_no_pair(pairs: PairAnnotator) -> None:
    found = annotate(pairs, ArticleText("the courts ."))
    assert (found.countries, found.coverage.passages, found.coverage.encoded_characters) == ((), 0, 0)


def test_a_folder_that_holds_no_classifier_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InvalidModel, match="cannot be read"):
        PairAnnotator(str(tmp_path))


def test_a_name_that_cannot_be_fetched_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.inference.pair_model.snapshot_download", _offline)
    with pytest.raises(InvalidModel, match="nobody/nothing is neither a folder nor"):
        PairAnnotator("nobody/nothing")


def _offline(*_: object, **__: object) -> str:
    raise OSError("offline")


def test_the_prefix_chooses_the_classifier(make: Make) -> None:
    annotator = opened(f"hf:{make()}", options=Options(threads=1))
    annotator.close()
    assert isinstance(annotator, PairAnnotator)


def test_the_command_line_annotates_with_it(make: Make) -> None:
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "STANDPOINT_MODEL": f"hf:{make()}",
        "STANDPOINT_THREADS": "1",
    }
    run = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "annotate", "-"],
        input=ARTICLE.body,
        capture_output=True,
        text=True,
        timeout=300,
        env=variables,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stderr
    found = {country["country"]: country["stance"] for country in json.loads(run.stdout)["countries"]}
    assert (found["KE"], found["BY"]) == ("favor", "against")
