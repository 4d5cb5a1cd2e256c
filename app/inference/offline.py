"""The annotator without an event loop, for the command line and for measuring: many texts in, answers in the same order.

Texts are prepared here while the encoder works on those before them; a fixed number is under way, so that memory stays bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from app.domain.errors import StandpointError
from app.domain.values import Annotation, ArticleText, Span
from app.inference.annotator import TransformerAnnotator
from app.inference.encoding import judgeable
from app.inference.engine import SpanLogits
from app.inference.passages import sentences
from app.inference.preparation import prepare
from app.inference.reading import Heard, heard_of

Given = TypeVar("Given")
Answer = TypeVar("Answer")
# Enough for full batches of like length; few enough for 64 long articles to fit into the encoder's queue.
UNDER_WAY = 64


def annotate_all(
    annotator: TransformerAnnotator, texts: Iterable[ArticleText], *, language: str | None = None, targets: Sequence[str] = ()
) -> Iterator[Annotation | StandpointError]:
    """An error takes the place of the annotation of the text that it is about."""

    def begin(text: ArticleText) -> Callable[[], Annotation | StandpointError]:
        try:
            draft = annotator.draft(text, language, targets)
        except StandpointError as error:
            refusal = error
            return lambda: refusal
        outputs = annotator.submit(draft.rows, bulk=True)
        return lambda: annotator.annotation(draft, outputs.result())

    return _in_order(texts, begin)


def judge_all(annotator: TransformerAnnotator, texts: Iterable[tuple[str, Sequence[Span]]]) -> Iterator[SpanLogits]:
    """The heads' raw logits for given spans, one row a span. Raises ValueError for a span of which the tokenizer sees nothing."""

    def begin(given: tuple[str, Sequence[Span]]) -> Callable[[], SpanLogits]:
        text, spans = given
        tokens = annotator.encoder.tokens(text)
        if not spans or not all(judgeable(tokens, span) for span in spans):
            raise ValueError("there is no span, or one without a token")
        prepared = prepare(spans, tokens=tokens, sentences=sentences(text), encoder=annotator.encoder)
        outputs = annotator.submit(prepared.rows, bulk=True)
        return lambda: prepared.in_order(outputs.result())

    return _in_order(texts, begin)


def candidates_all(annotator: TransformerAnnotator, texts: Iterable[ArticleText]) -> Iterator[list[Heard]]:
    """For each article its title and text, their candidates and the logits of these. Fields without a candidate are left out."""

    def begin(text: ArticleText) -> Callable[[], list[Heard]]:
        draft = annotator.draft(text, "und")
        outputs = annotator.submit(draft.rows, bulk=True)
        return lambda: heard_of(draft, outputs.result())

    return _in_order(texts, begin)


def _in_order(given: Iterable[Given], begin: Callable[[Given], Callable[[], Answer]]) -> Iterator[Answer]:
    """`begin` starts the work on one item and returns what waits for its end."""
    under_way: deque[Callable[[], Answer]] = deque()
    for item in given:
        under_way.append(begin(item))
        if len(under_way) >= UNDER_WAY:
            yield under_way.popleft()()
    while under_way:
        yield under_way.popleft()()
