"""What the services need from outside, as protocols; main.py hands the real things in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from app.domain.claims import ClaimVerdict
from app.domain.jobs import Call
from app.domain.models import ModelDescription
from app.domain.values import Annotation, ArticleText, CountryCode
from app.inference.batching import Load


@runtime_checkable
class Measured(Protocol):
    """An annotator that says how busy it is."""

    def load(self) -> Load: ...


@runtime_checkable
class Bounded(Protocol):
    """An annotator that takes no more than it can do."""

    def refuse_if_full(self) -> None:
        """Raises EngineOverloaded or EngineUnavailable where a call made now, for which somebody waits, would at once."""
        ...


class Annotator(Protocol):
    """Says of a text which countries it is about and what stance it takes toward each."""

    @property
    def version(self) -> str:
        """`name@digest` of the model."""
        ...

    @property
    def languages(self) -> frozenset[str]: ...

    @property
    def description(self) -> ModelDescription:
        """What `GET /v1/models/{id}` says of the model."""
        ...

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        """Targets that the text never names are judged as its topics, without mentions, where the model does that, and otherwise
        not judged. Raises InvalidText, UnsupportedLanguage, or EngineUnavailable and its kinds. A cancelled call leaves no work.
        """
        ...

    def country_name(self, country: CountryCode) -> str:
        """In English; the code itself where the model knows no name."""
        ...

    def healthy(self) -> bool:
        """Whether a call made now can be answered."""
        ...


class ClaimReader(Protocol):
    """Says what a text says of claims. The gate is cheap and errs toward letting through; the judge reads."""

    @property
    def version(self) -> str:
        """`name@digest` of the model that judges."""
        ...

    @property
    def description(self) -> ModelDescription: ...

    @property
    def vectors_of(self) -> str:
        """The version of the annotator whose vectors the gate can compare; those of another say nothing."""
        ...

    async def vector(self, claim: str, *, bulk: bool = False) -> bytes:
        """64 whole numbers of -127..127, to be compared with those of passages. Raises InvalidText."""
        ...

    def passing(self, claim: bytes, articles: Sequence[bytes]) -> Sequence[bool]:
        """For the passages' vectors of each article (`Annotation.vectors`), whether the claim could be meant by one of them."""
        ...

    def meant(self, articles: Sequence[bytes], claims: bytes) -> Sequence[Sequence[int]]:
        """As `passing`, of many claims at once: `claims` are their vectors, one after another; for each article the places of
        those that could be meant, in ascending order. One product of matrices, however many there are.
        """
        ...

    def asked(self, claims: Sequence[str], vectors: bytes) -> Any:
        """What `closer` needs of claims with these vectors, one after another: made once, as long as they stay the same."""
        ...

    def closer(self, claims: Any, places: Sequence[int], text: ArticleText, vectors: bytes) -> Sequence[int]:
        """A second look, of an article by its text and vectors: of the claims at these places those that still could be meant.
        About a millisecond, which is why `meant` is asked first.
        """
        ...

    async def judge(self, claims: Sequence[str], text: ArticleText, *, bulk: bool = False) -> Sequence[ClaimVerdict]:
        """One verdict a claim, from the few best passages of the text for each. Raises InvalidText or EngineUnavailable."""
        ...

    def healthy(self) -> bool:
        """Whether a call made now can be answered."""
        ...


class Dispatcher(Protocol):
    """Says which chunk is run next, and by whom. What is true of a chunk stands in its row and not here."""

    def enqueue(self, connection: object, calls: Sequence[Call]) -> None:
        """Within the transaction on `connection`, the driver's own: chunks and the orders to run them are stored together."""
        ...

    def announce(self) -> None:
        """After the commit: there is something to do. Nothing is lost where nobody hears it."""
        ...


class Addresses(Protocol):
    """Knows where a URL leads."""

    async def check(self, url: str) -> None:
        """Raises ForbiddenAddress for one that must not be called."""
        ...
