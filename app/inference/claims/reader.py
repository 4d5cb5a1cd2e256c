"""What articles say of claims."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Lock
from typing import TypeVar

import numpy as np

from app.domain.claims import ClaimVerdict
from app.domain.errors import EngineUnavailable
from app.domain.models import ModelDescription
from app.domain.values import ArticleText
from app.inference import validation
from app.inference.annotator import TransformerAnnotator
from app.inference.batched import Options
from app.inference.batching import Batcher
from app.inference.calibration import Scaling
from app.inference.claims import gate
from app.inference.claims.encoding import Bag, PairEncoder, PairRow
from app.inference.claims.engine import PairEngine
from app.inference.claims.folder import ClaimFolder
from app.inference.claims.gate import SecondLook
from app.inference.claims.likeness import Asked, asked, passages_of
from app.inference.claims.verdicts import surely_unrelated, verdict
from app.inference.cores import usable_cores
from app.inference.description import described_claims
from app.inference.engine import Floats
from app.inference.model_folder import SECOND_LOOK, InvalidModel
from app.inference.packed import unpacked

Answer = TypeVar("Answer")
Read = tuple[Bag, Sequence[Floats]]
"""The passages that were read for a claim, and their logits."""


class Loaded:
    """What takes time and memory: tokenizer, weights, threads."""

    def __init__(self, folder: ClaimFolder, options: Options, on_death: Callable[[BaseException], None]) -> None:
        """Raises InvalidModel."""
        self.encoder = PairEncoder(folder.path / "tokenizer.json")
        try:
            with unpacked(folder.path) as graph:
                engine = PairEngine(graph)
        except (OSError, ValueError) as error:
            raise InvalidModel(f"{folder.path}: the weights cannot be unpacked: {error}") from error
        threads = options.threads or usable_cores()
        self.batcher: Batcher[PairRow, Floats] = Batcher(
            engine.run, length=len, threads=threads, limits=options.limits, on_death=on_death
        )

    async def logits(self, rows: Sequence[PairRow], *, bulk: bool) -> list[Floats]:
        return await asyncio.wrap_future(self.batcher.submit(rows, bulk=bulk))


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A claim of which the best passage was read, if there is one; that may have been enough."""

    bag: Bag
    best: Floats | None

    def goes_on(self, scaling: Scaling) -> bool:
        return self.best is not None and not surely_unrelated(self.bag, self.best, scaling)

    def ended(self, others: Iterator[Floats]) -> Read:
        assert self.best is not None
        said = list(islice(others, len(self.bag.rows) - 1))
        return self.bag, [*said[: self.bag.best], self.best, *said[self.bag.best :]]

    def broken_off(self) -> Read:
        return (self.bag, ()) if self.best is None else (self.bag.only_best(), [self.best])


class TransformerClaimReader:
    """Checked when it is made, and loaded when it is first asked: without claims it costs neither time nor memory."""

    def __init__(
        self,
        annotator: TransformerAnnotator,
        *,
        options: Options | None = None,
        on_death: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        """Raises InvalidModel."""
        self._annotator, self._options, self._on_death = annotator, options or Options(), on_death
        self._folder = ClaimFolder.open()
        second = annotator.folder.file(SECOND_LOOK)
        self._second = SecondLook.load(second) if second.exists() else None
        self._least = self._second.least if self._second else annotator.folder.config.gate
        self.description: ModelDescription = described_claims(self._folder)
        self._loading = Lock()
        self._loaded: Loaded | None = None

    @property
    def version(self) -> str:
        return self._folder.version

    @property
    def vectors_of(self) -> str:
        return self._annotator.version

    async def vector(self, claim: str, *, bulk: bool = False) -> bytes:
        """Raises InvalidText for a claim that the model cannot read, and EngineUnavailable."""
        await self._aside(lambda: self._ready().encoder.question(claim, field="text"))
        found = await self._annotator.vector(claim, bulk=bulk)
        if found is None:
            raise EngineUnavailable("the active model makes no vectors to compare claims with")
        return found

    def asked(self, claims: Sequence[str], vectors: bytes) -> Asked | None:
        if self._second is None or not claims:
            return None
        tokens = self._annotator.encoder.tokens
        return asked([tokens(claim).ids for claim in claims], vectors, self._second.telling)

    def passing(self, claim: bytes, articles: Sequence[bytes]) -> Sequence[bool]:
        return gate.passing(claim, articles, least=self._least)

    def meant(self, articles: Sequence[bytes], claims: bytes) -> Sequence[Sequence[int]]:
        return gate.meant(articles, claims, least=self._least)

    def closer(self, claims: Asked | None, places: Sequence[int], text: ArticleText, vectors: bytes) -> Sequence[int]:
        passages = passages_of(text, self._annotator.encoder) if claims and places else []
        if claims is None or self._second is None or not passages:
            return places
        chosen = np.array(places, dtype=np.int64)
        found: list[int] = chosen[self._second.lets_through(claims.only(chosen), passages, vectors)].tolist()
        return found

    async def judge(self, claims: Sequence[str], text: ArticleText, *, bulk: bool = False) -> Sequence[ClaimVerdict]:
        said = partial(verdict, text=text, model=self.version, scaling=self._folder.config.claims)
        return [said(bag, logits) for bag, logits in await self._read(claims, text, bulk=bulk)]

    def healthy(self) -> bool:
        return self._loaded is None or self._loaded.batcher.healthy()

    def close(self) -> None:
        """Refuses what comes, and returns when what was accepted is answered."""
        if self._loaded:
            self._loaded.batcher.close()

    async def _read(self, claims: Sequence[str], text: ArticleText, *, bulk: bool) -> list[Read]:
        validation.check_request(text, claims, limit=self._options.text_limit)
        loaded = await self._aside(self._ready)
        bags = await self._aside(lambda: loaded.encoder.bags(claims, text, field="claims"))
        first = iter(await loaded.logits([bag.rows[bag.best] for bag in bags if bag.rows], bulk=bulk))
        begun = [_Begun(bag, next(first) if bag.rows else None) for bag in bags]
        going = [each for each in begun if each.goes_on(self._folder.config.claims)]
        rest = iter(await loaded.logits([row for each in going for row in each.bag.others()], bulk=bulk))
        return [each.ended(rest) if each in going else each.broken_off() for each in begun]

    async def _aside(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.to_thread(work)

    def _ready(self) -> Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = Loaded(self._folder, self._options, self._on_death)
            return self._loaded
