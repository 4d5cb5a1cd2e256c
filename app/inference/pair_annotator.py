"""A Hugging Face sequence-pair classifier behind the Annotator protocol: STANDPOINT_MODEL=hf:NAME_OR_FOLDER.

Countries are found by the bundled gazetteer and linked by names, priors and the rest of the article, without heads. Every
(sentence, country) is one pair. Rules above the mention are those of the bundled model; nothing is calibrated.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, TypeVar

from app.domain.errors import DeadlineExceeded
from app.domain.models import ModelDescription
from app.domain.values import Annotation, ArticleText, CountryCode, Coverage, Span
from app.inference import languages, validation
from app.inference.annotator import WARM_UP, Options
from app.inference.batching import Batcher
from app.inference.calibration import Calibration
from app.inference.drafting import Draft, Drafter
from app.inference.encoding import TextEncoder
from app.inference.engine import Floats
from app.inference.gazetteer import Gazetteer
from app.inference.linking import Linker, LinkWeights
from app.inference.model_folder import SUMS, InvalidModel, ModelFolder
from app.inference.pairs import Asker, Pair, Question
from app.inference.reading import Reader

PREFIX = "hf:"
BUNDLED = "standpoint-en"
INSTALL = "needs torch, which is not installed: pip install 'standpoint[torch]'"
# To be raised when what is asked of the classifier, or what is made of its answers, changes.
RULE = 1

Answer = TypeVar("Answer")


class Sized(Protocol):
    def __len__(self) -> int: ...


class Scorer(Protocol):
    """What `pair_model.PairModel` does."""

    digest: str
    size: int
    base: str

    def encode(self, pair: Pair) -> tuple[Any, Span]: ...

    def run(self, rows: Sequence[Any]) -> list[Floats]: ...


def scorer(name: str, *, threads: int) -> Scorer:
    """Raises InvalidModel. By name, because torch takes seconds to import and most installs do without it."""
    try:
        module = import_module("app.inference.pair_model")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise InvalidModel(f"{PREFIX}{name} {INSTALL}") from error
    loaded: Scorer = module.PairModel(name, threads=threads)
    return loaded


class PairAnnotator:
    """`on_death` is called from the inference thread when it cannot go on; every waiting call has failed by then."""

    def __init__(
        self, name: str, *, options: Options | None = None, on_death: Callable[[BaseException], None] = lambda error: None
    ) -> None:
        """Raises InvalidModel. Ready when it returns: one real inference has run."""
        self._options = options or Options()
        self._scorer = scorer(name, threads=self._options.threads)
        bundled = ModelFolder.open(BUNDLED)
        self.description = _described(self._scorer, bundled)
        self._gazetteer = gazetteer = Gazetteer.load(bundled.file("gazetteer.tsv"))
        encoder = TextEncoder(bundled.file("tokenizer.json"), max_tokens=bundled.config.max_tokens)
        self._drafter = Drafter(gazetteer, encoder)
        config = replace(bundled.config, calibration=Calibration())
        self._reader = Reader(replace(bundled, config=config), gazetteer)
        linker = Linker(config.countries, LinkWeights.parse(config.link))
        self._asker = Asker(gazetteer, linker, countries=config.countries)
        self._batcher: Batcher[Sized, Floats] = Batcher(
            self._scorer.run, length=len, limits=self._options.limits, on_death=on_death
        )
        self._pool = ThreadPoolExecutor(self._options.text_threads, thread_name_prefix="text")
        draft, questions, rows, shown = self._asked(WARM_UP, None, ())
        self._annotation(draft, questions, shown, self._submit(rows).result())

    @property
    def version(self) -> str:
        return self.description.version

    @property
    def languages(self) -> frozenset[str]:
        return self.description.languages

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        self._batcher.refuse_if_full(bulk=bulk)
        seconds = None if bulk else self._options.deadline
        try:
            async with asyncio.timeout(seconds):
                draft, questions, rows, shown = await self._aside(self._asked, text, language, targets)
                answers = await asyncio.wrap_future(self._submit(rows, seconds=seconds, bulk=bulk))
                return await self._aside(self._annotation, draft, questions, shown, answers)
        except TimeoutError:
            raise DeadlineExceeded("the request waited past its deadline") from None

    def country_name(self, country: CountryCode) -> str:
        return self._gazetteer.name_or_code(country)

    def healthy(self) -> bool:
        return self._batcher.healthy()

    def close(self) -> None:
        """Refuses what comes, and returns when the classifier has answered what was accepted."""
        self._batcher.close()

    def _asked(
        self, text: ArticleText, language: str | None, targets: Sequence[str]
    ) -> tuple[Draft, list[Question], list[Sized], list[Span]]:
        """Raises InvalidText and UnsupportedLanguage. The rows to judge, and what of its field each of them shows."""
        validation.check_request(text, targets, limit=self._options.text_limit)
        found = languages.language_of(text.body, stated=language, supported=self.languages)
        draft = self._drafter.draft(text, language=found, targets=targets)
        questions = self._asker.questions(draft)
        encoded = [self._scorer.encode(question.pair) for question in questions]
        shown = [
            Span(question.piece.start + part.start, question.piece.start + part.end)
            for question, (_, part) in zip(questions, encoded, strict=True)
        ]
        return draft, questions, [row for row, _ in encoded], shown

    def _submit(self, rows: Sequence[Sized], *, seconds: float | None = None, bulk: bool = False) -> Future[list[Floats]]:
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        return self._batcher.submit(rows, deadline=deadline, bulk=bulk)

    def _annotation(
        self, draft: Draft, questions: Sequence[Question], shown: Sequence[Span], answers: Sequence[Floats]
    ) -> Annotation:
        heard = self._asker.heard(draft, questions, [answer.tolist() for answer in answers])
        said = self._reader.of_heard(draft, heard)
        parts = {(question.field, part) for question, part in zip(questions, shown, strict=True)}
        characters = sum(part.end - part.start for part in _disjoint(parts))
        coverage = Coverage(draft.coverage.characters, encoded_characters=characters, passages=len(parts))
        return replace(said, model=self.version, coverage=coverage)

    async def _aside(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


def _described(scorer: Scorer, bundled: ModelFolder) -> ModelDescription:
    """The bundled folder's sums stand for gazetteer, link rule, threshold and aggregation."""
    sums = bundled.file(SUMS).read_text(encoding="utf-8")
    digest = hashlib.sha256(f"{RULE}\n{scorer.digest}\n{sums}".encode()).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9._+-]", "-", scorer.base.rsplit("/", 1)[-1])[:100]
    return ModelDescription(
        version=f"{name}@{digest}",
        languages=bundled.config.languages,
        size=scorer.size + bundled.file("gazetteer.tsv").stat().st_size,
        calibrated=False,
        base=scorer.base,
    )


def _disjoint(parts: set[tuple[int, Span]]) -> list[Span]:
    """Parts of each field without what another one before them covers already."""
    found: list[Span] = []
    reach: dict[int, int] = {}
    for field, part in sorted(parts):
        start = max(part.start, reach.get(field, 0))
        if start < part.end:
            found.append(Span(start, part.end))
            reach[field] = part.end
    return found
