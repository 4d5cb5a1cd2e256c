"""standpoint migrate."""

from __future__ import annotations

import asyncio

from app import logs, settings
from app.main import open_store, refusing
from app.services.complete import complete
from app.storage import schema


def migrate() -> None:
    """Run again when the last process of an older version has stopped, it makes whole what that one wrote."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    log = logs.logger("standpoint.migrate")
    with refusing():
        schema.migrate(chosen.database_url)
        log.info("the database has the tables of this version")
        with open_store(chosen) as store:
            if articles := asyncio.run(complete(store)):
                log.info("what an older version wrote is whole", articles=articles)
