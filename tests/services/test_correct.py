from __future__ import annotations

import pytest

from app.domain.errors import ArticleNotFound, CorrectionNotFound
from app.domain.records import Filter, ListedStance
from app.domain.values import ArticleText, CountryCode, JudgedBy, Stance, Verdict
from app.services import correct, fetch, revise, search, summarise
from app.services.remove import remove
from app.services.submit import submit
from app.storage.database import Store
from tests.samples import ScriptedAnnotator, annotate_again, annotation, judgement, submission

pytestmark = pytest.mark.anyio

CN, KZ, FR = CountryCode("CN"), CountryCode("KZ"), CountryCode("FR")
SAID = [judgement("CN", Stance.FAVOR, salience=0.9), judgement("KZ", None, salience=0.1)]
ANNOTATOR = ScriptedAnnotator({"a": SAID, "b": SAID})


async def seen(store: Store, **wanted: JudgedBy | str | float) -> list[tuple[str, str | None, str]]:
    found: tuple[ListedStance, ...] = (await search.stances(store, Filter(**wanted), limit=10)).items  # type: ignore[arg-type]
    return [(item.country, item.stance, item.judged_by) for item in found]


async def test_a_reviewers_word_stands_instead_of_the_models_which_stays_readable(store: Store) -> None:
    article, _ = await submit(store, ANNOTATOR, submission("a"))
    made = await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, True, Stance.AGAINST), reason="irony", reviewer="ann")
    assert await seen(store) == [("CN", Stance.AGAINST, "human"), ("KZ", None, "model")]
    assert await seen(store, judged_by=JudgedBy.MODEL) == [("CN", Stance.FAVOR, "model"), ("KZ", None, "model")]
    assert await seen(store, judged_by=JudgedBy.HUMAN) == [("CN", Stance.AGAINST, "human")]
    assert await seen(store, min_score=0.99) == [("CN", Stance.AGAINST, "human")]
    assert (await fetch.article(store, article.id)).annotation == article.annotation
    assert (made.name, made.reason, made.reviewer, made.revision) == ("Land of CN", "irony", "ann", 1)
    assert (await correct.of_article(store, article.id, limit=10)).items == (made,)


async def test_a_country_can_be_taken_away_and_added(store: Store) -> None:
    article, _ = await submit(store, ANNOTATOR, submission("a"))
    await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, False))
    await correct.correct(store, ANNOTATOR, article.id, Verdict(FR, True, Stance.NEUTRAL))
    assert await seen(store) == [("KZ", None, "model"), ("FR", Stance.NEUTRAL, "human")]
    assert {each.country: each.articles for each in await summarise.countries(store)} == {"KZ": 1, "FR": 1}
    assert [item.id for item in (await search.articles(store, Filter(countries=(CN,)), limit=10)).items] == []


async def test_the_latest_word_holds_and_revoking_it_brings_back_the_one_before(store: Store) -> None:
    article, _ = await submit(store, ANNOTATOR, submission("a"))
    first = await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, True, Stance.AGAINST))
    second = await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, True, None))
    assert (await seen(store))[0] == ("CN", None, "human")
    revoked = await correct.revoke(store, article.id, second.id, reviewer="ben")
    assert (revoked.revoked_by, revoked.revoked_at is None) == ("ben", False)
    assert await correct.revoke(store, article.id, second.id, reviewer="eve") == revoked
    assert (await seen(store))[0] == ("CN", Stance.AGAINST, "human")
    await correct.revoke(store, article.id, first.id)
    assert (await seen(store))[0] == ("CN", Stance.FAVOR, "model")
    assert len((await correct.everything(store, limit=10)).items) == 2


async def test_a_correction_outlives_another_model_and_another_text(store: Store) -> None:
    article, _ = await submit(store, ANNOTATOR, submission("a"))
    await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, True, Stance.AGAINST))
    annotate_again(store, article, annotation(judgement("KZ"), judgement("CN"), model="newer@000000000002"))
    assert ("CN", Stance.AGAINST, "human") in await seen(store)
    assert ("CN", Stance.AGAINST, "human") in await seen(store, model=ANNOTATOR.version)
    await revise.replace_text(store, ANNOTATOR, article.id, ArticleText("b"))
    assert await seen(store) == [("CN", Stance.AGAINST, "human"), ("KZ", None, "model")]


async def test_a_correction_goes_with_its_article(store: Store) -> None:
    article, _ = await submit(store, ANNOTATOR, submission("a"))
    made = await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, False))
    with pytest.raises(CorrectionNotFound):
        await correct.revoke(store, article.id, article.id)
    await remove(store, article.id)
    assert (await correct.everything(store, limit=10)).items == ()
    with pytest.raises(ArticleNotFound):
        await correct.revoke(store, article.id, made.id)
    with pytest.raises(ArticleNotFound):
        await correct.correct(store, ANNOTATOR, article.id, Verdict(CN, False))


def test_there_is_no_stance_toward_a_country_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="not about"):
        Verdict(CN, False, Stance.FAVOR)
