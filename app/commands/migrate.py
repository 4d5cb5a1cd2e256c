"""standpoint migrate."""

from __future__ import annotations

from app import logs, settings
from app.main import refusing
from app.storage import schema


def migrate() -> None:
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    with refusing():
        schema.migrate(chosen.database_url)
    logs.logger("standpoint.migrate").info("the database has the tables of this version")
