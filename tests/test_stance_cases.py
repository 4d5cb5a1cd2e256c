"""The shipped model on sentences that any reader would judge alike: whom they are about, and who is praised or blamed."""

from collections.abc import Iterator

import pytest

from app.domain.values import Annotation, ArticleText, Judgement
from app.inference.annotator import TransformerAnnotator
from app.inference.offline import annotate_all

Stances = dict[str, str | None]


@pytest.fixture(scope="module")
def annotator() -> Iterator[TransformerAnnotator]:
    annotator = TransformerAnnotator("standpoint-en")
    yield annotator
    annotator.close()


def annotation(annotator: TransformerAnnotator, text: str, title: str | None = None) -> Annotation:
    found = next(annotate_all(annotator, [ArticleText(text, title)], language="en"))
    assert isinstance(found, Annotation)
    return found


def judged(annotator: TransformerAnnotator, text: str) -> dict[str, Judgement]:
    return {str(found.country): found for found in annotation(annotator, text).countries}


@pytest.mark.parametrize(
    ("text", "favor", "against"),
    [
        ("Germany praised France for its patience on Monday while condemning Belarus for jailing journalists.", "FR", "BY"),
        ("While condemning Belarus for jailing journalists, Germany on Monday praised France for its patience.", "FR", "BY"),
        ("Japan thanked Vietnam for its help and accused North Korea of reckless provocation.", "VN", "KP"),
        ("The column calls Norway an honest broker and Hungary a disgrace to the union.", "NO", "HU"),
    ],
)
def test_one_sentence_takes_opposite_stances(annotator: TransformerAnnotator, text: str, favor: str, against: str) -> None:
    found = judged(annotator, text)
    assert found[favor].stance == "favor"
    assert found[against].stance == "against"


def test_a_deed_in_a_relative_clause_leans_the_right_way_even_where_it_is_undecided(annotator: TransformerAnnotator) -> None:
    found = judged(annotator, "Canada, which imposed sanctions on Iran last week, hailed Ghana as a model of democracy.")
    assert found["GH"].stance == "favor"
    assert found["IR"].scores is not None
    assert found["IR"].scores.leading() == "against"
    assert found["IR"].stance in ("against", None)


def test_the_holder_of_a_stance_is_not_its_target(annotator: TransformerAnnotator) -> None:
    found = judged(annotator, "Germany condemned Belarus on Monday.")
    assert found["DE"].stance != "against"
    assert found["BY"].stance == "against"


def test_a_plain_fact_is_neutral(annotator: TransformerAnnotator) -> None:
    text = "The foreign ministers of Chile and Peru met in Lima on Tuesday. They will meet again in Santiago in May."
    assert {found.stance for found in judged(annotator, text).values()} == {"neutral"}


@pytest.mark.parametrize(
    ("text", "country", "there"),
    [
        ("Michael Jordan scored 40 points for the Chicago Bulls on Friday.", "JO", False),
        ("Jordan said its border with Syria would stay open.", "JO", True),
        ("Georgia's parliament in Tbilisi passed the law on Tuesday.", "GE", True),
        ("A peanut farmer in Georgia, USA, lost his crop to the storm.", "GE", False),
        ("The Georgia Bulldogs beat Alabama in Atlanta.", "GE", False),
        ("We had turkey and cranberries on Thanksgiving.", "TR", False),
        ("Turkey raised interest rates on Thursday.", "TR", True),
    ],
)
def test_a_name_is_a_country_where_it_means_one(annotator: TransformerAnnotator, text: str, country: str, there: bool) -> None:
    assert (country in judged(annotator, text)) is there


def test_a_target_that_the_caller_names_is_judged_in_the_same_pass(annotator: TransformerAnnotator) -> None:
    text = ArticleText("Colleagues praised Aigul Serik for her courage. The minister, Omar Bek, was called a liar and a thief.")
    found = next(annotate_all(annotator, [text], language="en", targets=["Aigul Serik", "Omar Bek"]))
    assert isinstance(found, Annotation)
    assert [target.stance for target in found.targets] == ["favor", "against"]


def test_evidence_is_verbatim_and_takes_the_judged_stance(annotator: TransformerAnnotator) -> None:
    text = (
        "The summit opened in Oslo on Sunday. Observers said Norway had once again proved a generous and reliable host. "
        "Russia, they said, had come only to wreck the talks. The weather was mild."
    )
    found = judged(annotator, text)
    for country, stance in (("NO", "favor"), ("RU", "against")):
        assert found[country].stance == stance
        assert found[country].evidence
        for evidence in found[country].evidence:
            assert text[evidence.span.start : evidence.span.end] == evidence.quote
            assert evidence.stance == stance
