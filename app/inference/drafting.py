"""What there is to encode of an article: the spans to judge, and the rows that show them to the encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain.values import ArticleText, Coverage, Field, Span
from app.inference import targets
from app.inference.candidates import Candidate
from app.inference.encoding import Row, TextEncoder, Tokens, judgeable
from app.inference.gazetteer import Gazetteer
from app.inference.passages import covered, sentences
from app.inference.preparation import Prepared, lead, prepare
from app.inference.selection import Piece, cut
from app.inference.topics import Topic, asked, topic_of


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
    tokens: Tokens
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
    read from its first passage. `topics` are those of the targets that it never names, where the model judges such."""

    fields: Sequence[DraftField]
    language: str
    targets: Sequence[str]
    topics: Sequence[Topic] = ()

    @property
    def text(self) -> ArticleText:
        found = {field.field: field.text for field in self.fields}
        return ArticleText(found[Field.TEXT], found.get(Field.TITLE))

    @property
    def passages(self) -> list[Row]:
        """Rows of the text itself."""
        return [row for field in self.fields for row in field.prepared.rows]

    @property
    def rows(self) -> list[Row]:
        """All that the encoder has to see: first the text's own passages, then those behind each topic."""
        return [*self.passages, *(row for topic in self.topics for row in topic.rows)]

    @property
    def coverage(self) -> Coverage:
        own = {(field.field, part) for field in self.fields for part in field.prepared.shown}
        read = own | {(piece.field, piece.span) for topic in self.topics for piece in topic.pieces}
        characters = sum(len(field.text) for field in self.fields)
        return Coverage(characters=characters, encoded_characters=covered(read), passages=len(self.rows))


class Drafter:
    """`topics` is how many passages are read for a target that the text never names; 0 where the model judges none such."""

    def __init__(self, gazetteer: Gazetteer, encoder: TextEncoder, *, topics: int = 0) -> None:
        self._gazetteer, self._encoder, self._most = gazetteer, encoder, topics

    def draft(self, text: ArticleText, *, language: str, targets: Sequence[str] = ()) -> Draft:
        """Raises InvalidText for a target that the text does not name and that is too long to be a topic."""
        names = list(dict.fromkeys(targets))
        fields = [self._field(field, words, names) for field, words in _fields(text)]
        if not any(field.prepared.rows for field in fields):
            fields[-1] = self._led(fields[-1])
        named = {found.target for field in fields for found in field.named}
        unnamed = [name for number, name in enumerate(names) if number not in named]
        return Draft(fields, language, names, self.topics(fields, unnamed) if self._most else ())

    def topics(self, fields: Sequence[DraftField], names: Sequence[str]) -> list[Topic]:
        """What is to be read for each of them as a topic. Raises InvalidText."""
        found = [(name, topic_of(name, self._encoder)) for name in names]
        # A topic's passages depend on its length alone, so that no answer does on what else is asked.
        rooms = {self._encoder.room_beside(ids) for _, ids in found}
        pieces = {room: [piece for field in fields for piece in _pieces(field, room)] for room in rooms}
        encoder, most = self._encoder, self._most
        return [asked(name, ids, pieces[encoder.room_beside(ids)], encoder=encoder, most=most) for name, ids in found]

    def _field(self, field: Field, text: str, names: Sequence[str]) -> DraftField:
        tokens = self._encoder.tokens(text)
        candidates = [found for found in self._gazetteer.candidates(text) if judgeable(tokens, found.span)]
        named = [found for found in _named(text, names) if judgeable(tokens, found.span)]
        spans = [*(found.span for found in candidates), *(found.span for found in named)]
        split = sentences(text)
        prepared = prepare(spans, countries=len(candidates), tokens=tokens, sentences=split, encoder=self._encoder)
        return DraftField(field, text, tokens, split, candidates, named, prepared)

    def _led(self, field: DraftField) -> DraftField:
        """So that no article is without a vector to compare claims with."""
        return replace(field, prepared=lead(tokens=field.tokens, sentences=field.sentences, encoder=self._encoder))


def _fields(text: ArticleText) -> Iterator[tuple[Field, str]]:
    if text.title is not None:
        yield Field.TITLE, text.title
    yield Field.TEXT, text.body


def _pieces(field: DraftField, budget: int) -> list[Piece]:
    tokens = field.tokens
    return cut(field.field, tokens.ids, tokens.starts.tolist(), field.sentences, budget=budget)


def _named(text: str, names: Sequence[str]) -> Iterator[Named]:
    for number, found in enumerate(targets.find(text, names)):
        for span in found:
            yield Named(number, span)
