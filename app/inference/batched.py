"""What annotators have in common: text work on two threads, the model on the batcher's, and an event loop that only waits."""

from __future__ import annotations

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from app.domain.errors import DeadlineExceeded
from app.domain.models import ModelDescription
from app.domain.values import Annotation, ArticleText, CountryCode
from app.inference import languages, validation
from app.inference.batching import Batcher, Limits, Load
from app.inference.gazetteer import Gazetteer


class Sized(Protocol):
    def __len__(self) -> int: ...


Drafted = TypeVar("Drafted")
Row = TypeVar("Row", bound=Sized)
Output = TypeVar("Output")
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


class BatchedAnnotator(ABC, Generic[Drafted, Row, Output]):
    """`run` is the model, on so many `threads` at once. `on_death` is called from its thread when it cannot go on; every waiting
    call has failed by then."""

    def __init__(
        self,
        run: Callable[[Sequence[Row]], Sequence[Output]],
        *,
        description: ModelDescription,
        gazetteer: Gazetteer,
        options: Options,
        threads: int,
        on_death: Callable[[BaseException], None],
    ) -> None:
        self.description = description
        self._gazetteer, self._options = gazetteer, options
        self._batcher: Batcher[Row, Output] = Batcher(run, length=len, threads=threads, limits=options.limits, on_death=on_death)
        # Accepted, and still on the way to the batcher. Only the event loop counts, so no lock is needed.
        self._coming = {False: 0, True: 0}
        self._pool = ThreadPoolExecutor(options.text_threads, thread_name_prefix="text")

    @property
    def version(self) -> str:
        return self.description.version

    @property
    def languages(self) -> frozenset[str]:
        return self.description.languages

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        self.refuse_if_full(bulk=bulk)
        seconds = None if bulk else self._options.deadline
        try:
            async with asyncio.timeout(seconds):
                draft, submitted = await self._submitted(text, language, targets, seconds=seconds, bulk=bulk)
                outputs = await asyncio.wrap_future(submitted)
                return await self._aside(self.annotation, draft, outputs)
        except TimeoutError:
            raise DeadlineExceeded("the request waited past its deadline") from None

    def refuse_if_full(self, *, bulk: bool = False) -> None:
        """Raises EngineOverloaded and EngineUnavailable as `annotate` does at once, before a text has even been received."""
        self._batcher.refuse_if_full(bulk=bulk, coming=self._coming[bulk])

    def draft(self, text: ArticleText, language: str | None = None, targets: Sequence[str] = ()) -> Drafted:
        """Raises InvalidText and UnsupportedLanguage."""
        validation.check_request(text, targets, limit=self._options.text_limit)
        found = languages.language_of(text.body, stated=language, supported=self.languages)
        return self.drafted(text, language=found, targets=targets)

    def submit(self, rows: Sequence[Row], *, seconds: float | None = None, bulk: bool = False) -> Future[list[Output]]:
        """The model's outputs, in the order of the rows; `seconds` from now is the deadline. Raises EngineOverloaded at once."""
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        return self._batcher.submit(rows, deadline=deadline, bulk=bulk)

    @abstractmethod
    def drafted(self, text: ArticleText, *, language: str, targets: Sequence[str]) -> Drafted:
        """A text that has been checked, on its way to the model."""

    @abstractmethod
    def rows(self, draft: Drafted) -> Sequence[Row]:
        """What the model has to see of it."""

    @abstractmethod
    def annotation(self, draft: Drafted, outputs: Sequence[Output]) -> Annotation:
        """What the outputs for the draft's rows mean."""

    def country_name(self, country: CountryCode) -> str:
        return self._gazetteer.name_or_code(country)

    def healthy(self) -> bool:
        return self._batcher.healthy()

    def load(self) -> Load:
        return self._batcher.load()

    def close(self) -> None:
        """Refuses what comes, and returns when the model has answered what was accepted."""
        self._batcher.close()

    def _warm_up(self) -> None:
        """One real inference: what is loaded late is loaded now."""
        draft = self.draft(WARM_UP)
        self.annotation(draft, self.submit(self.rows(draft)).result())

    async def _submitted(
        self, text: ArticleText, language: str | None, targets: Sequence[str], *, seconds: float | None, bulk: bool
    ) -> tuple[Drafted, Future[list[Output]]]:
        self._coming[bulk] += 1
        try:
            draft = await self._aside(self.draft, text, language, targets)
            return draft, self.submit(self.rows(draft), seconds=seconds, bulk=bulk)
        finally:
            self._coming[bulk] -= 1

    async def _aside(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
