from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app import logs
from app.settings import LogFormat, LogLevel
from app.storage.database import Store
from tests.api.clients import client


@pytest.fixture(autouse=True, scope="session")
def logging() -> None:
    logs.configure(LogLevel.INFO, LogFormat.JSON)


@pytest.fixture
def http(store: Store) -> Iterator[TestClient]:
    with client(store) as opened:
        yield opened


@pytest.fixture(scope="session")
def stateless(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """For what is answered without the database, so that it need not be asked twice."""
    file = shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("stateless"))
    store = Store(f"sqlite:///{file}")
    with client(store) as opened:
        yield opened
    store.close()
