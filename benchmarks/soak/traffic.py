"""What the clients of a newsroom ask, at random but always the same: half of it reads, the rest brings and deletes."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.commands.demo import samples

READS = (
    "/v1/stances?country=CN",
    "/v1/stances/summary?group_by=country",
    "/v1/articles?stance=favor&q=minister",
    "/v1/countries",
    "/v1/articles?limit=20",
    "/v1/exports/stances?publisher=Northern%20Ledger",
    "/readyz",
)
KEPT = 200
"""Articles that stay, so that the database has some size and then keeps it: as many are deleted as are stored and imported, or
what grew with the database would look like a leak."""

IMPORTS = "/v1/imports"
IMPORTED = 5
"""Articles of one import. One request in a hundred is one, so that bulk work is a tenth of all inference."""

PUBLISHERS = sorted({sample.publisher for sample in samples() if sample.publisher})
SENTENCES = [part for sample in samples() for part in re.split(r"(?<=[.!?])\s+", sample.text)]


@dataclass
class Tally:
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    """External ids."""

    def errors(self) -> int:
        """429 is one too: at 80% nobody is to be refused."""
        return sum(count for status, count in self.statuses.items() if not status.startswith("2"))

    def requests(self) -> int:
        return sum(self.statuses.values())

    def percentile(self, share: float) -> float:
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]


@dataclass(frozen=True)
class Traffic:
    """`imports` says whether the service takes them."""

    http: httpx.AsyncClient
    imports: bool

    @classmethod
    async def of(cls, http: httpx.AsyncClient) -> Traffic:
        return cls(http, IMPORTS in (await http.get("/openapi.json")).json()["paths"])

    async def ask(self, tally: Tally, choice: random.Random) -> None:
        """One request."""
        started = time.perf_counter()
        try:
            status = str((await self._chosen(tally, choice)).status_code)
        except httpx.HTTPError as error:
            status = type(error).__name__
        tally.statuses[status] += 1
        tally.seconds.append(time.perf_counter() - started)

    async def _chosen(self, tally: Tally, choice: random.Random) -> httpx.Response:
        draw = choice.random()
        if draw < 0.01 and self.imports:
            return await self._import(tally, choice)
        if draw < 0.20:
            return await self._store(tally, choice)
        if draw < 0.25:
            return await self.http.post("/v1/annotate", json=text(choice))
        if draw < 0.50 and len(tally.stored) + len(tally.imported) > KEPT:
            return await self._delete(tally)
        return await self.http.get(choice.choice(READS))

    async def _store(self, tally: Tally, choice: random.Random) -> httpx.Response:
        answer = await self.http.post("/v1/articles", json=article(choice))
        if answer.status_code == 201:
            tally.stored.append(answer.json()["id"])
        return answer

    async def _import(self, tally: Tally, choice: random.Random) -> httpx.Response:
        given = [{**article(choice), "external_id": f"{choice.getrandbits(64):x}"} for _ in range(IMPORTED)]
        answer = await self.http.post(IMPORTS, json={"articles": given})
        if answer.status_code == 202:
            tally.jobs.append(answer.json()["id"])
            tally.imported += [one["external_id"] for one in given]
        return answer

    async def _delete(self, tally: Tally) -> httpx.Response:
        """The oldest; of what was imported the id has to be asked for first, which may find it still unread."""
        if len(tally.imported) <= KEPT // 4:
            return await self.http.delete(f"/v1/articles/{tally.stored.pop(0)}")
        answer = await self.http.get("/v1/articles", params={"external_id": tally.imported.pop(0)})
        if answer.is_error:
            return answer
        return await self.http.delete(f"/v1/articles/{answer.json()['items'][0]['id']}")

    async def settled(self, tally: Tally, *, seconds: float) -> bool:
        """Whether all imports came to their end within that time."""
        end = time.monotonic() + seconds
        while tally.jobs:
            state = (await self.http.get(f"/v1/jobs/{tally.jobs[0]}")).json()["state"]
            if state == "finished":
                tally.jobs.pop(0)
            elif time.monotonic() > end:
                return False
            else:
                await asyncio.sleep(0.2)
        return True


def article(choice: random.Random) -> dict[str, Any]:
    return {**text(choice), "publisher": choice.choice(PUBLISHERS)}


def text(choice: random.Random) -> dict[str, Any]:
    """Some twelve sentences of the sample articles, mixed anew each time: a new text, and a duplicate of none."""
    chosen = choice.sample(SENTENCES, 12)
    return {"title": chosen[0][:200], "text": " ".join([*chosen[1:], f"No. {choice.getrandbits(64)}."])}
