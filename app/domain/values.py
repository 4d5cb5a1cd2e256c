"""The pure values of the project. Offsets are Unicode code points, half-open; they refuse nonsense at construction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NewType

CountryCode = NewType("CountryCode", str)
"""An ISO 3166-1 alpha-2 code in upper case, or XK."""


class Stance(StrEnum):
    """SemEval-2016 Task 6 terms, in the order of the model's outputs."""

    FAVOR = "favor"
    NEUTRAL = "neutral"
    AGAINST = "against"


class Kind(StrEnum):
    """How a mention refers to a country."""

    NAME = "name"
    DEMONYM = "demonym"
    CAPITAL = "capital"
    GOVERNMENT = "government"
    PLACE = "place"


class Voice(StrEnum):
    """Whose stance a mention reports: the author's own, or that of somebody quoted or spoken of."""

    AUTHOR = "author"
    ATTRIBUTED = "attributed"


class Field(StrEnum):
    """The part of an article that a span lies in."""

    TITLE = "title"
    TEXT = "text"


class ArticleStatus(StrEnum):
    """Whether the current revision of an article has an annotation."""

    PENDING = "pending"
    ANNOTATED = "annotated"
    FAILED = "failed"


class DatePrecision(StrEnum):
    """Whether a publication time was given as a day or as an instant."""

    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open, non-empty range of code points. Raises ValueError when empty or negative."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span must be non-empty and start at 0 or later: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class Scores:
    """A number for each of the three stances; each in 0..1, sum 1 within 1e-3. Raises ValueError otherwise.

    Of whole articles they are drawn from the mentions by a fixed rule and say which stance leads, not how often that is right.
    """

    favor: float
    neutral: float
    against: float

    def __post_init__(self) -> None:
        values = (self.favor, self.neutral, self.against)
        if not all(0.0 <= value <= 1.0 for value in values) or abs(sum(values) - 1.0) > 1e-3:
            raise ValueError(f"not shares of one: {values}")

    def of(self, stance: Stance) -> float:
        if stance is Stance.FAVOR:
            return self.favor
        return self.neutral if stance is Stance.NEUTRAL else self.against

    def leading(self) -> Stance:
        return max(Stance, key=self.of)

    def decided(self) -> Stance | None:
        """The leading stance, where it has at least as much as the others together."""
        stance = self.leading()
        return stance if self.of(stance) >= 0.5 else None


@dataclass(frozen=True, slots=True)
class Probabilities(Scores):
    """Scores of one mention, calibrated: of those of 0.8, eight in ten are right, as far as the model's own figures say so."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that refers to a target. `kind` is None for one that the caller named; `probability` (0..1) is that of the link."""

    field: Field
    span: Span
    quote: str
    kind: Kind | None
    probability: float
    stance: Stance
    probabilities: Probabilities
    voice: Voice = Voice.AUTHOR


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim sentence that supports a judgement, with the stance it expresses toward the target and that stance's score."""

    field: Field
    span: Span
    quote: str
    stance: Stance
    score: float


@dataclass(frozen=True, slots=True)
class Relation:
    """`source` favors or opposes `target` in the text; `probability` (0..1) is calibrated for the sentence in `evidence`.

    Raises ValueError for a relation of a country to itself, for a neutral one (what is not said is no row), and for a
    probability out of range.
    """

    source: CountryCode
    target: CountryCode
    stance: Stance
    probability: float
    evidence: Evidence

    def __post_init__(self) -> None:
        if self.source == self.target or self.stance is Stance.NEUTRAL:
            raise ValueError(f"no relation: {self.source} {self.stance} {self.target}")
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"no probability: {self.probability}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The stance of a whole article toward one target; `salience` in 0..1, `stance` None when undecided.

    `author` and `attributed` judge the mentions of one voice alone; each is None where no mention has that voice. Only a
    target that the caller named and the article never mentions has no `scores`. Raises ValueError for any other.
    """

    name: str
    salience: float
    stance: Stance | None
    scores: Scores | None
    mentions: tuple[Mention, ...]
    evidence: tuple[Evidence, ...]
    country: CountryCode | None = None
    author: Scores | None = None
    attributed: Scores | None = None

    def __post_init__(self) -> None:
        if self.mentions and self.scores is None:
            raise ValueError("a judgement with mentions has scores")

    def stance_of(self, voice: Voice) -> Stance | None:
        """None when undecided, and where nothing has this voice. A voice that is the only one says what the whole says."""
        heard = self.author if voice is Voice.AUTHOR else self.attributed
        if heard is None:
            return None
        return self.stance if heard == self.scores else heard.decided()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer says: the article is about the country (`present`) and takes this stance (None when undecided), or it
    is not about the country. Raises ValueError for a stance toward a country that is not there.
    """

    country: CountryCode
    present: bool
    stance: Stance | None = None

    def __post_init__(self) -> None:
        if self.stance is not None and not self.present:
            raise ValueError("an article takes no stance toward a country that it is not about")


class JudgedBy(StrEnum):
    """Whose word a stance is."""

    MODEL = "model"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of title and text was scanned for names, and how much of it went through the encoder, in code points."""

    characters: int
    encoded_characters: int
    passages: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """All that one model version says of one text. Immutable. Raises ValueError for a relation that is said twice."""

    model: str
    language: str
    coverage: Coverage
    countries: tuple[Judgement, ...]
    targets: tuple[Judgement, ...] = ()
    relations: tuple[Relation, ...] = ()
    """One for each ordered pair of countries and stance, from the sentence that says it most clearly; the most probable first."""
    vectors: bytes | None = field(default=None, compare=False, repr=False)
    """Of its passages, 64 whole numbers of -127..127 each, one after another: whether a claim could be meant. None where the
    model makes none, and of an annotation that was stored, beside which they are kept."""

    def __post_init__(self) -> None:
        if len({(said.source, said.target, said.stance) for said in self.relations}) < len(self.relations):
            raise ValueError("a relation is said twice")


@dataclass(frozen=True, slots=True)
class PublicationTime:
    """When an article appeared. `day` is its UTC bucket; `instant` is None when only the day is known."""

    day: date
    instant: datetime | None = None

    @classmethod
    def at(cls, moment: date | datetime) -> PublicationTime:
        """Raises ValueError for a datetime without an offset."""
        if not isinstance(moment, datetime):
            return cls(day=moment)
        if moment.tzinfo is None:
            raise ValueError("a publication time needs an offset")
        in_utc = moment.astimezone(UTC)
        return cls(day=in_utc.date(), instant=in_utc)

    @property
    def precision(self) -> DatePrecision:
        return DatePrecision.DAY if self.instant is None else DatePrecision.INSTANT


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What is read: an optional title and the body."""

    body: str
    title: str | None = None
