from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from app.domain.records import Filter, StoredArticle
from app.domain.values import ArticleText, Stance
from app.services import fetch, revise, search, summarise
from app.services.remove import remove
from app.services.submit import submit
from app.storage import texts
from app.storage.database import Store
from tests.samples import ScriptedAnnotator, judgement, submission

WIRE = " ".join(f"sentence {number} of the wire tells what the minister of place {number} said" for number in range(20))
COPY = WIRE.replace("sentence 7", "The seventh line") + " Our own reporters added this."
OTHER = " ".join(f"match {number} ended with goal {number} by player {number * 7}" for number in range(20))
SCRIPT = {text: [judgement("CN", Stance.FAVOR), judgement("KZ")] for text in (WIRE, COPY, OTHER)}


async def add(store: Store, text: str, publisher: str) -> StoredArticle:
    return (await submit(store, ScriptedAnnotator(SCRIPT), submission(text, publisher=publisher)))[0]


def test_similarity_is_the_share_of_common_sequences() -> None:
    one, other = texts.sequences(["a", "b", "c", "d"]), texts.sequences(["a", "b", "c", "x"])
    assert (texts.similarity(one, other), texts.similarity(one, one)) == (1 / 3, 1.0)
    assert texts.similarity(frozenset(), frozenset()) == 0.0
    assert (texts.sequences([]), texts.bands(frozenset()), len(texts.sequences(["a"]))) == (frozenset(), [], 1)


def test_bands_are_the_same_everywhere_and_always() -> None:
    # Stored rows are compared with them. Where another release of the library counts otherwise, they must be made anew.
    first = texts.traits(ArticleText(WIRE)).bands
    assert first == texts.traits(ArticleText(WIRE.upper(), title="Whatever")).bands
    assert set(first) & set(texts.traits(ArticleText(COPY)).bands)
    assert not set(first) & set(texts.traits(ArticleText(OTHER)).bands)


@pytest.mark.anyio
async def test_copies_share_a_group_and_the_first_gives_it_its_id(store: Store) -> None:
    first = await add(store, WIRE, "A")
    other = await add(store, OTHER, "A")
    assert first.duplicate_group is None
    copy, again = await add(store, COPY, "B"), await add(store, WIRE, "C")
    assert (copy.duplicate_group, again.duplicate_group) == (first.id, first.id)
    assert (await fetch.article(store, first.id)).duplicate_group == first.id
    assert (await fetch.article(store, other.id)).duplicate_group is None


@pytest.mark.anyio
async def test_a_group_counts_once_by_the_oldest_that_fits(store: Store) -> None:
    first, copy = await add(store, WIRE, "A"), await add(store, COPY, "B")
    other = await add(store, OTHER, "B")
    everything, of_b = Filter(collapse=True), Filter(collapse=True, publisher="B")
    assert [item.id for item in (await search.articles(store, everything, limit=9)).items] == [other.id, first.id]
    assert [item.id for item in (await search.articles(store, of_b, limit=9)).items] == [other.id, copy.id]
    assert len((await search.stances(store, everything, limit=9)).items) == 4
    assert (await summarise.summary(store, everything, dimensions=[])).models == {ScriptedAnnotator().version: 4}
    assert (await summarise.summary(store, Filter(), dimensions=[])).models == {ScriptedAnnotator().version: 6}


@pytest.mark.anyio
async def test_a_new_text_leaves_its_group_and_finds_another(store: Store) -> None:
    first, copy = await add(store, WIRE, "A"), await add(store, COPY, "B")
    changed = await revise.replace_text(store, ScriptedAnnotator(SCRIPT), copy.id, ArticleText(OTHER))
    assert changed.duplicate_group is None
    back = await revise.replace_text(store, ScriptedAnnotator(SCRIPT), copy.id, ArticleText(WIRE))
    assert back.duplicate_group == first.id
    await remove(store, first.id)
    assert (await add(store, COPY, "C")).duplicate_group == first.id


@pytest.mark.anyio
async def test_copies_that_come_in_at_once_find_each_other(store: Store) -> None:
    together = threading.Barrier(4)

    def one(number: int) -> StoredArticle:
        annotator = ScriptedAnnotator(SCRIPT, before=lambda: together.wait(60) and None)
        given = submission(WIRE, publisher=f"P{number}")
        return anyio.run(lambda: submit(store, annotator, given))[0]

    def all_of_them() -> list[StoredArticle]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(one, range(4)))

    stored = await anyio.to_thread.run_sync(all_of_them)
    groups = {(await fetch.article(store, article.id)).duplicate_group for article in stored}
    assert len(groups) == 1 and None not in groups
