"""The service on a port, without a model: python -m benchmarks.queries.server URL PORT"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import uvicorn

from app import logs
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


if __name__ == "__main__":
    url, port = sys.argv[1:]
    logs.configure(LogLevel.ERROR, LogFormat.JSON)
    app = create_app(Settings(database_url=url, bulk_work=False), annotator=NoModel())
    # The one connection stays open however long another side of the comparison takes meanwhile.
    uvicorn.run(app, port=int(port), log_config=None, access_log=False, timeout_keep_alive=3_600)
