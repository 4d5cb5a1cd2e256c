"""Readiness where the database says nothing at all, which is worse than an error."""

from __future__ import annotations

import time

import pytest
from anyio import sleep

from app.domain.errors import StorageUnavailable
from app.services import ready
from app.storage.database import Store
from tests.freezing import frozen
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio


async def test_a_frozen_database_is_told_within_the_patience_of_a_probe(store: Store, annotator: DictionaryAnnotator) -> None:
    if store.engine.dialect.name == "sqlite":
        return
    await ready.check(store, annotator)
    with frozen(store.server):
        for _ in range(5):
            started = time.monotonic()
            with pytest.raises(StorageUnavailable):
                await ready.check(store, annotator)
            assert time.monotonic() - started < ready.PATIENCE_SECONDS + 2
    await until_ready(store, annotator)


async def until_ready(store: Store, annotator: DictionaryAnnotator) -> None:
    started = time.monotonic()
    while True:
        try:
            return await ready.check(store, annotator)
        except StorageUnavailable:
            assert time.monotonic() - started < 60
            await sleep(0.1)
