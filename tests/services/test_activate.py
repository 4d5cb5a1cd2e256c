from __future__ import annotations

import pytest

from app.domain.records import Filter, StoredArticle
from app.domain.values import ArticleText, Stance
from app.services import fetch, search
from app.services.activate import activate
from app.services.revise import replace_text
from app.services.submit import submit
from app.storage.database import Store
from tests.samples import ScriptedAnnotator, annotate_again, annotation, judgement, submission

pytestmark = pytest.mark.anyio

OLD = ScriptedAnnotator({"both": [judgement("CN"), judgement("KZ")], "old": [judgement("CN")]}, version="old@000000000001")
NEW = ScriptedAnnotator({"both": [judgement("RU")]}, version="new@000000000002")


@pytest.fixture
async def stored(store: Store) -> list[StoredArticle]:
    """Two articles by the old version; the first by the new one too."""
    articles = [(await submit(store, OLD, submission(body)))[0] for body in ("both", "old")]
    annotate_again(store, articles[0], annotation(judgement("RU", Stance.AGAINST), model=NEW.version))
    return articles


async def shown(store: Store) -> list[str]:
    return sorted(stance.country for stance in (await search.stances(store, Filter(), limit=10)).items)


async def test_the_newest_annotation_is_shown_and_an_upgrade_empties_nothing(store: Store, stored: list[StoredArticle]) -> None:
    await activate(store, NEW)
    assert await shown(store) == ["CN", "RU"]
    assert [await model(store, article) for article in stored] == [NEW.version, OLD.version]


async def test_going_back_to_an_older_version_shows_what_it_said(store: Store, stored: list[StoredArticle]) -> None:
    await activate(store, OLD)
    assert await shown(store) == ["CN", "CN", "KZ"]
    assert [await model(store, article) for article in stored] == [OLD.version, OLD.version]
    await activate(store, NEW)
    assert await shown(store) == ["CN", "RU"]


async def test_a_version_that_said_nothing_changes_nothing(
    store: Store, stored: list[StoredArticle], statements: list[str]
) -> None:
    statements.clear()
    await activate(store, ScriptedAnnotator(version="third@000000000003"))
    assert [statement.split()[0] for statement in statements] in (["SELECT"], ["BEGIN", "SELECT"])
    assert await shown(store) == ["CN", "RU"]


async def test_what_was_said_of_an_old_text_is_never_shown_again(store: Store, stored: list[StoredArticle]) -> None:
    await replace_text(store, NEW, stored[0].id, ArticleText(body="new text"))
    await activate(store, OLD)
    assert await shown(store) == ["CN"]
    assert await model(store, stored[0]) == NEW.version


async def test_the_model_filter_looks_past_what_is_shown(store: Store, stored: list[StoredArticle]) -> None:
    for active in (NEW, OLD):
        await activate(store, active)
        by_old = await search.stances(store, Filter(model=OLD.version), limit=10)
        assert sorted(stance.country for stance in by_old.items) == ["CN", "CN", "KZ"]
        assert len((await search.articles(store, Filter(model=NEW.version), limit=10)).items) == 1


async def model(store: Store, article: StoredArticle) -> str | None:
    found = (await fetch.article(store, article.id)).annotation
    return found.annotation.model if found else None
