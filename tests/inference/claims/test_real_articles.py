"""The four real articles that claims were asked for, where they are at hand."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.claims import ClaimStance, ClaimVerdict
from app.domain.values import ArticleText, Stance
from app.inference.annotator import TransformerAnnotator
from app.inference.claims.reader import TransformerClaimReader

ARTICLES = Path(__file__).parents[4] / "shared" / "articles"
pytestmark = pytest.mark.skipif(not ARTICLES.exists(), reason="the articles are not part of the project")
COUP, REBELLION, ATTEMPT, CURRENCY = (
    "There was a military coup in China in September 2022",
    "An armed rebellion took place in Russia",
    "There was an attempted coup in Kazakhstan",
    "Brazil devalued its currency",
)


def article(number: int) -> ArticleText:
    (path,) = ARTICLES.glob(f"{number:03}_*.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    return ArticleText(found["text"], found.get("title"))


@pytest.fixture(scope="module")
def reader(annotator: TransformerAnnotator) -> Iterator[TransformerClaimReader]:
    found = TransformerClaimReader(annotator)
    yield found
    found.close()


def judged(reader: TransformerClaimReader, claim: str, number: int) -> ClaimVerdict:
    (verdict,) = asyncio.run(reader.judge([claim], article(number)))
    return verdict


def test_one_denies_the_coup_in_china_and_one_tells_of_the_rebellion(reader: TransformerClaimReader) -> None:
    denial, news = judged(reader, COUP, 0), judged(reader, REBELLION, 3)
    assert (denial.stance, news.stance) == (ClaimStance.DISAGREE, ClaimStance.AGREE)
    assert "coup" in denial.evidence[0].quote


def test_one_discusses_the_attempt_in_kazakhstan(reader: TransformerClaimReader) -> None:
    assert judged(reader, ATTEMPT, 1).stance in {ClaimStance.DISCUSS, ClaimStance.AGREE}


@pytest.mark.parametrize("number", range(4))
def test_none_has_to_do_with_a_currency(reader: TransformerClaimReader, number: int) -> None:
    assert judged(reader, CURRENCY, number).stance is ClaimStance.UNRELATED


def test_china_takes_russias_side(annotator: TransformerAnnotator) -> None:
    found = asyncio.run(annotator.annotate(article(3))).relations
    assert ("CN", "RU", Stance.FAVOR) in {(one.source, one.target, one.stance) for one in found}


@pytest.mark.parametrize(("claim", "number"), [(COUP, 0), (REBELLION, 3), (ATTEMPT, 1)])
def test_the_gate_lets_through_what_is_related(
    annotator: TransformerAnnotator, reader: TransformerClaimReader, claim: str, number: int
) -> None:
    vectors, own = asyncio.run(annotator.annotate(article(number))).vectors, asyncio.run(reader.vector(claim))
    assert vectors is not None
    assert reader.passing(own, [vectors]) == [True]
    assert reader.closer(reader.asked([claim], own), [0], article(number), vectors) == [0]
