"""The transformer behind the Annotator protocol. Text work runs on two threads, the encoder on its own; the event loop waits."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.domain.errors import DeadlineExceeded
from app.domain.values import Annotation, ArticleText, CountryCode
from app.inference import languages, validation
from app.inference.batching import Batcher, Limits, Load
from app.inference.description import described
from app.inference.drafting import Draft, Drafter
from app.inference.encoding import Row, TextEncoder
from app.inference.engine import Engine, SpanLogits
from app.inference.gazetteer import Gazetteer
from app.inference.model_folder import ModelFolder
from app.inference.reading import Reader

Answer = TypeVar("Answer")
WARM_UP = ArticleText(title="Germany praised France", body="Germany praised France on Monday while condemning Belarus.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`text_limit` holds for title and text each; `threads` 0 takes one a core; `deadline` (seconds) is for all but bulk work."""

    text_limit: int = 200_000
    threads: int = 0
    deadline: float = 30.0
    # Work on texts holds the interpreter's lock most of the time: more threads than these would not be faster.
    text_threads: int = 2
    limits: Limits = field(default_factory=Limits)


class TransformerAnnotator:
    """`on_death` is called from the inference thread when it cannot go on; every waiting call has failed by then."""

    def __init__(
        self, model: str | Path, *, options: Options | None = None, on_death: Callable[[BaseException], None] = lambda error: None
    ) -> None:
        """Raises InvalidModel. Ready when it returns: one real inference has run."""
        self.folder = ModelFolder.open(model)
        self.description = described(self.folder)
        self._options = options or Options()
        self._gazetteer = gazetteer = Gazetteer.load(self.folder.file("gazetteer.tsv"))
        self.encoder = TextEncoder(self.folder.file("tokenizer.json"), max_tokens=self.folder.config.max_tokens)
        self._drafter = Drafter(gazetteer, self.encoder)
        self._reader = Reader(self.folder, gazetteer)
        engine = Engine(self.folder.file("model.onnx"), threads=self._options.threads)
        self._batcher: Batcher[Row, SpanLogits] = Batcher(engine.run, length=len, limits=self._options.limits, on_death=on_death)
        # Accepted, and still on the way to the batcher. Only the event loop counts, so no lock is needed.
        self._coming = {False: 0, True: 0}
        self._pool = ThreadPoolExecutor(self._options.text_threads, thread_name_prefix="text")
        draft = self.draft(WARM_UP)
        self.annotation(draft, self.submit(draft.rows).result())

    @property
    def version(self) -> str:
        return self.folder.version

    @property
    def languages(self) -> frozenset[str]:
        return self.folder.config.languages

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        self._batcher.refuse_if_full(bulk=bulk, coming=self._coming[bulk])
        seconds = None if bulk else self._options.deadline
        try:
            async with asyncio.timeout(seconds):
                draft, submitted = await self._submitted(text, language, targets, seconds=seconds, bulk=bulk)
                outputs = await asyncio.wrap_future(submitted)
                return await self._aside(self.annotation, draft, outputs)
        except TimeoutError:
            raise DeadlineExceeded("the request waited past its deadline") from None

    async def _submitted(
        self, text: ArticleText, language: str | None, targets: Sequence[str], *, seconds: float | None, bulk: bool
    ) -> tuple[Draft, Future[list[SpanLogits]]]:
        self._coming[bulk] += 1
        try:
            draft = await self._aside(self.draft, text, language, targets)
            return draft, self.submit(draft.rows, seconds=seconds, bulk=bulk)
        finally:
            self._coming[bulk] -= 1

    def draft(self, text: ArticleText, language: str | None = None, targets: Sequence[str] = ()) -> Draft:
        """Raises InvalidText and UnsupportedLanguage."""
        validation.check_request(text, targets, limit=self._options.text_limit)
        found = languages.language_of(text.body, stated=language, supported=self.languages)
        return self._drafter.draft(text, language=found, targets=targets)

    def submit(self, rows: Sequence[Row], *, seconds: float | None = None, bulk: bool = False) -> Future[list[SpanLogits]]:
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        return self._batcher.submit(rows, deadline=deadline, bulk=bulk)

    def annotation(self, draft: Draft, outputs: Sequence[SpanLogits]) -> Annotation:
        return self._reader.annotation(draft, outputs)

    def country_name(self, country: CountryCode) -> str:
        return self._gazetteer.name_or_code(country)

    def healthy(self) -> bool:
        return self._batcher.healthy()

    def load(self) -> Load:
        return self._batcher.load()

    def close(self) -> None:
        """Refuses what comes, and returns when the encoder has answered what was accepted."""
        self._batcher.close()

    async def _aside(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
