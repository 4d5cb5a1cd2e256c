"""What there is to encode of an article: the spans to judge, and the rows that show them to the encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain.values import ArticleText, Coverage, Field, Span
from app.inference import targets
from app.inference.candidates import Candidate
from app.inference.encoding import Row, TextEncoder, judgeable
from app.inference.gazetteer import Gazetteer
from app.inference.passages import sentences
from app.inference.preparation import Prepared, lead, prepare


@dataclass(frozen=True, slots=True)
class Named:
    """Where a target stands that the caller named; `target` is its number among those named."""

    target: int
    span: Span


@dataclass(frozen=True, slots=True)
class DraftField:
    """Title or text. The title is a passage of its own: it is read without the text, as most readers do."""

    field: Field
    text: str
    sentences: Sequence[Span]
    candidates: Sequence[Candidate]
    named: Sequence[Named]
    prepared: Prepared

    @property
    def spans(self) -> list[Span]:
        """Those to judge, in the order of the logits: candidates, then targets."""
        return [*(candidate.span for candidate in self.candidates), *(named.span for named in self.named)]


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that waits for the encoder. Fields without anything to judge have no rows, but where none has any the text is
    read from its first passage."""

    fields: Sequence[DraftField]
    language: str
    targets: Sequence[str]

    @property
    def rows(self) -> list[Row]:
        return [row for field in self.fields for row in field.prepared.rows]

    @property
    def coverage(self) -> Coverage:
        return Coverage(
            characters=sum(len(field.text) for field in self.fields),
            encoded_characters=sum(field.prepared.characters for field in self.fields),
            passages=len(self.rows),
        )


class Drafter:
    def __init__(self, gazetteer: Gazetteer, encoder: TextEncoder) -> None:
        self._gazetteer, self._encoder = gazetteer, encoder

    def draft(self, text: ArticleText, *, language: str, targets: Sequence[str] = ()) -> Draft:
        names = list(dict.fromkeys(targets))
        fields = [self._field(field, words, names) for field, words in _fields(text)]
        if not any(field.prepared.rows for field in fields):
            fields[-1] = self._led(fields[-1])
        return Draft(fields, language, names)

    def _field(self, field: Field, text: str, names: Sequence[str]) -> DraftField:
        tokens = self._encoder.tokens(text)
        candidates = [found for found in self._gazetteer.candidates(text) if judgeable(tokens, found.span)]
        named = [found for found in _named(text, names) if judgeable(tokens, found.span)]
        spans = [*(found.span for found in candidates), *(found.span for found in named)]
        split = sentences(text)
        prepared = prepare(spans, countries=len(candidates), tokens=tokens, sentences=split, encoder=self._encoder)
        return DraftField(field, text, split, candidates, named, prepared)

    def _led(self, field: DraftField) -> DraftField:
        """So that no article is without a vector to compare claims with."""
        tokens = self._encoder.tokens(field.text)
        return replace(field, prepared=lead(tokens=tokens, sentences=field.sentences, encoder=self._encoder))


def _fields(text: ArticleText) -> Iterator[tuple[Field, str]]:
    if text.title is not None:
        yield Field.TITLE, text.title
    yield Field.TEXT, text.body


def _named(text: str, names: Sequence[str]) -> Iterator[Named]:
    for number, found in enumerate(targets.find(text, names)):
        for span in found:
            yield Named(number, span)
