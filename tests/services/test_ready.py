"""Readiness where the database says nothing at all, which is worse than an error."""

from __future__ import annotations

import os
import signal
import time

import pytest
from sqlalchemy import text

from app.domain.errors import StorageUnavailable
from app.services import ready
from app.storage.database import Store
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio


async def test_a_frozen_database_is_told_within_the_patience_of_a_probe(store: Store, annotator: DictionaryAnnotator) -> None:
    if store.engine.dialect.name == "sqlite":
        return
    with store.reading() as session:
        process = session.scalar(text("SELECT pg_backend_pid()"))
    assert process
    # The pool hands this connection out again; its other end no longer listens, and the kernel still acknowledges.
    os.kill(process, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await ready.check(store, annotator)
        assert time.monotonic() - started < ready.PATIENCE_SECONDS + 2
    finally:
        os.kill(process, signal.SIGCONT)
    await ready.check(store, annotator)
