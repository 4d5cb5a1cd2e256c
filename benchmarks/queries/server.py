"""The service on a port, without a model: python -m benchmarks.queries.server URL PORT"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import uvicorn

from app import garbage, logs
from app.commands.serve import server_config
from app.domain.models import ModelDescription
from app.domain.values import Annotation, ArticleText, CountryCode
from app.main import create_app
from app.settings import LogFormat, LogLevel, Settings
from benchmarks.queries.corpus import MODEL


class NoModel:
    """Nothing is annotated here."""

    version = MODEL
    languages = frozenset({"en"})
    description = ModelDescription(version=MODEL, languages=languages, size=0, calibrated=False)

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        raise NotImplementedError

    def country_name(self, country: CountryCode) -> str:
        return country

    def healthy(self) -> bool:
        return True


async def _served(config: uvicorn.Config) -> None:
    garbage.expect_little()
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    url, port = sys.argv[1:]
    logs.configure(LogLevel.ERROR, LogFormat.JSON)
    settings = Settings(database_url=url, bulk_work=False)
    # As `standpoint serve` does it, but that the one connection stays open however long the other side of a comparison takes.
    config = server_config(create_app(settings, annotator=NoModel()), settings)
    config.port, config.lifespan, config.timeout_keep_alive = int(port), "on", 3_600
    asyncio.Runner(loop_factory=config.get_loop_factory()).run(_served(config))
