"""A Hugging Face sequence-pair classifier behind the Annotator protocol: STANDPOINT_MODEL=hf:NAME_OR_FOLDER.

Countries are found by the bundled gazetteer and linked by names, priors and the rest of the article, without heads. Every
(sentence, country) is one pair. Rules above the mention are those of the bundled model; nothing is calibrated.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Protocol

from app.domain.models import ModelDescription
from app.domain.values import Annotation, ArticleText, Coverage, Span
from app.inference.batched import BatchedAnnotator, Options, Sized
from app.inference.calibration import Calibration
from app.inference.drafting import Draft, Drafter
from app.inference.encoding import TextEncoder
from app.inference.engine import Floats
from app.inference.gazetteer import Gazetteer
from app.inference.linking import Linker, LinkWeights
from app.inference.model_folder import SUMS, InvalidModel, ModelFolder
from app.inference.pairs import Asker, Pair, Question
from app.inference.passages import covered
from app.inference.reading import Reader

PREFIX = "hf:"
BUNDLED = "standpoint-en"
INSTALL = "needs torch, which is not installed: pip install 'standpoint[torch]'"
# To be raised when what is asked of the classifier, or what is made of its answers, changes.
RULE = 1


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


@dataclass(frozen=True, slots=True)
class Asked:
    """A text with its questions, their rows, and what of its field each of them shows."""

    draft: Draft
    questions: Sequence[Question]
    rows: Sequence[Sized]
    shown: Sequence[Span]


class PairAnnotator(BatchedAnnotator[Asked, Sized, Floats]):
    def __init__(
        self, name: str, *, options: Options | None = None, on_death: Callable[[BaseException], None] = lambda error: None
    ) -> None:
        """Raises InvalidModel. Ready when it returns: one real inference has run."""
        chosen = options or Options()
        self._scorer = scorer(name, threads=chosen.threads)
        bundled = ModelFolder.open(BUNDLED)
        gazetteer = Gazetteer.load(bundled.file("gazetteer.tsv"))
        encoder = TextEncoder(bundled.file("tokenizer.json"), max_tokens=bundled.config.max_tokens)
        self._drafter = Drafter(gazetteer, encoder)
        config = replace(bundled.config, calibration=Calibration())
        self._reader = Reader(replace(bundled, config=config), gazetteer)
        linker = Linker(config.countries, LinkWeights.parse(config.link))
        self._asker = Asker(gazetteer, linker, countries=config.countries)
        description = _described(self._scorer, bundled)
        # One, since torch has threads of its own for a batch.
        super().__init__(
            self._scorer.run, description=description, gazetteer=gazetteer, options=chosen, threads=1, on_death=on_death
        )
        self._warm_up()

    def drafted(self, text: ArticleText, *, language: str, targets: Sequence[str]) -> Asked:
        draft = self._drafter.draft(text, language=language, targets=targets)
        questions = self._asker.questions(draft)
        encoded = [self._scorer.encode(question.pair) for question in questions]
        shown = [
            Span(question.piece.start + part.start, question.piece.start + part.end)
            for question, (_, part) in zip(questions, encoded, strict=True)
        ]
        return Asked(draft, questions, [row for row, _ in encoded], shown)

    def rows(self, draft: Asked) -> Sequence[Sized]:
        return draft.rows

    def annotation(self, draft: Asked, outputs: Sequence[Floats]) -> Annotation:
        heard = self._asker.heard(draft.draft, draft.questions, [answer.tolist() for answer in outputs])
        said = self._reader.of_heard(draft.draft, heard)
        parts = {(question.field, part) for question, part in zip(draft.questions, draft.shown, strict=True)}
        coverage = Coverage(draft.draft.coverage.characters, encoded_characters=covered(parts), passages=len(parts))
        return replace(said, model=self.version, coverage=coverage)


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
