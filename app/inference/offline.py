"""The annotator without an event loop, for the command line and for measuring: many texts in, answers in the same order.

Texts are prepared here while the encoder works on those before them. What is under way is bounded, and memory with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.domain.errors import StandpointError
from app.domain.values import Annotation, ArticleText, Span
from app.inference.annotator import TransformerAnnotator
from app.inference.encoding import Row, judgeable
from app.inference.engine import SpanLogits
from app.inference.passages import sentences
from app.inference.preparation import prepare
from app.inference.reading import Heard, heard_of

Answer = TypeVar("Answer")
# Some seconds of work: enough for full batches of like length, and a quarter of what the encoder's queue takes.
TOKENS_UNDER_WAY = 250_000
TEXTS_UNDER_WAY = 64


@dataclass(frozen=True, slots=True)
class Task(Generic[Answer]):
    """Rows to encode, and what makes the answer of their logits."""

    rows: Sequence[Row]
    finish: Callable[[list[SpanLogits]], Answer]

    @property
    def tokens(self) -> int:
        return sum(map(len, self.rows))


def annotate_all(
    annotator: TransformerAnnotator, texts: Iterable[ArticleText], *, language: str | None = None, targets: Sequence[str] = ()
) -> Iterator[Annotation | StandpointError]:
    """An error takes the place of the annotation of the text that it is about."""

    def task(text: ArticleText) -> Task[Annotation | StandpointError]:
        try:
            draft = annotator.draft(text, language, targets)
        except StandpointError as error:
            refusal = error
            return Task([], lambda outputs: refusal)
        return Task(draft.rows, lambda outputs: annotator.annotation(draft, outputs))

    return answers_of(annotator, map(task, texts))


def judge_all(annotator: TransformerAnnotator, texts: Iterable[tuple[str, Sequence[Span]]]) -> Iterator[SpanLogits]:
    """The heads' raw logits for given spans, one row a span. Raises ValueError for a span of which the tokenizer sees nothing."""

    def task(given: tuple[str, Sequence[Span]]) -> Task[SpanLogits]:
        text, spans = given
        tokens = annotator.encoder.tokens(text)
        if not spans or not all(judgeable(tokens, span) for span in spans):
            raise ValueError("there is no span, or one without a token")
        prepared = prepare(spans, countries=0, tokens=tokens, sentences=sentences(text), encoder=annotator.encoder)
        return Task(prepared.rows, prepared.in_order)

    return answers_of(annotator, map(task, texts))


def candidates_all(annotator: TransformerAnnotator, texts: Iterable[ArticleText]) -> Iterator[list[Heard]]:
    """For each article its title and text, their candidates and the logits of these. Fields without a candidate are left out."""

    def task(text: ArticleText) -> Task[list[Heard]]:
        draft = annotator.draft(text, "und")
        return Task(draft.rows, lambda outputs: heard_of(draft, outputs))

    return answers_of(annotator, map(task, texts))


def answers_of(annotator: TransformerAnnotator, tasks: Iterable[Task[Answer]]) -> Iterator[Answer]:
    """In the order of the tasks."""
    under_way: deque[tuple[int, Callable[[], Answer]]] = deque()
    for task in tasks:
        while under_way and _is_much(under_way, task):
            yield under_way.popleft()[1]()
        under_way.append((task.tokens, _begun(annotator, task)))
    while under_way:
        yield under_way.popleft()[1]()


def _is_much(under_way: Iterable[tuple[int, object]], task: Task[Answer]) -> bool:
    sizes = [tokens for tokens, _ in under_way]
    return len(sizes) >= TEXTS_UNDER_WAY or sum(sizes) + task.tokens > TOKENS_UNDER_WAY


def _begun(annotator: TransformerAnnotator, task: Task[Answer]) -> Callable[[], Answer]:
    outputs = annotator.submit(task.rows, bulk=True)
    return lambda: task.finish(outputs.result())
