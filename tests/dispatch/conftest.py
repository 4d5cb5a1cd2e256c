from __future__ import annotations

import pytest

from app import logs
from app.settings import LogFormat, LogLevel


@pytest.fixture(autouse=True, scope="session")
def logging() -> None:
    # Unconfigured, structlog draws tracebacks with all that is in them, for seconds, in which no heartbeat is sent.
    logs.configure(LogLevel.INFO, LogFormat.JSON)
