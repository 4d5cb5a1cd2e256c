"""A model as a folder of files, checked before anything is read from it.

`SHA256SUMS` names every file that can change an answer; its own digest is the version. What it does not name (the model
card) may change freely.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.values import CountryCode, Stance
from app.inference.aggregation import Aggregation
from app.inference.calibration import Calibration, Scaling
from app.inference.linking import LinkWeights
from app.inference.outcomes import KINDS
from app.inference.packed import GRAPH, PACKED
from app.inference.relations import CLASSES
from app.inference.topics import TopicRule

BUNDLED = Path(__file__).parent / "bundled"
SUMS = "SHA256SUMS"
# It is part of the address /v1/models/{id}.
_NAME = re.compile("[A-Za-z0-9._+-]{1,100}")
NEEDED = (GRAPH, "tokenizer.json", "gazetteer.tsv", "config.json")
SECOND_LOOK = "gate.json"
OPTIONAL = (PACKED, SECOND_LOOK)


class InvalidModel(Exception):
    """The folder cannot be used; the message says which file and why."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """config.json. `countries` are the columns of country_logits; `max_tokens` includes the encoder's special tokens.

    `relations` makes probabilities of the relations' logits. `gate` is the least cosine, -1..1, between a claim's vector and a
    passage's, from which on the passage could be about the claim. `topics` is None for a model that has not learnt to judge
    them."""

    name: str
    languages: frozenset[str]
    max_tokens: int
    countries: tuple[CountryCode, ...]
    calibration: Calibration
    undecided_below: float
    link: Mapping[str, Any]
    aggregation: Mapping[str, Any]
    is_calibrated: bool
    relations: Scaling
    gate: float
    topics: TopicRule | None

    @classmethod
    def parse(cls, text: str) -> ModelConfig:
        """Raises InvalidModel for what is missing, or a layout of the heads that this code does not read."""
        try:
            values = json.loads(text)
            # Read here so that a wrong rule or weight is heard of when the folder is opened.
            Aggregation.parse(values["aggregation"]), LinkWeights.parse(values["link"])
            if tuple(values["stances"]) != tuple(Stance) or tuple(values["kinds"]) != KINDS:
                raise InvalidModel("config.json: the heads' stances or kinds are not the ones this version reads")
            if not _NAME.fullmatch(values["name"]):
                raise InvalidModel("config.json: the name has other characters than letters, digits and ._+-")
            return cls(
                name=values["name"],
                languages=frozenset(values["languages"]),
                max_tokens=int(values["max_tokens"]),
                countries=tuple(CountryCode(code) for code in values["countries"]),
                calibration=Calibration.parse(values["calibration"]),
                undecided_below=float(values["undecided_below"]),
                link=values["link"],
                aggregation=values["aggregation"],
                is_calibrated={"country", "target"} <= set(values["calibration"]),
                relations=Scaling(**values.get("relations", {"bias": (0.0,) * len(CLASSES)})),
                gate=float(values.get("gate", 0.0)),
                topics=TopicRule.parse(values["topics"]) if "topics" in values else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidModel(f"config.json: {error!r}") from error


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A verified folder: every file that the sums name is present and unchanged."""

    path: Path
    digest: str
    config: ModelConfig

    @property
    def version(self) -> str:
        return f"{self.config.name}@{self.digest}"

    def file(self, name: str) -> Path:
        return self.path / name

    @property
    def size(self) -> int:
        """Bytes of all that can change an answer."""
        return sum(self.file(name).stat().st_size for name in present(self.path))

    @classmethod
    def open(cls, model: str | Path) -> ModelFolder:
        """`model` is the name of a bundled tier, or the path of a folder. Raises InvalidModel."""
        path = locate(model)
        digest = digest_of(path, present(path))
        return cls(path=path, digest=digest, config=ModelConfig.parse(read(path / "config.json")))


def bundled_names() -> list[str]:
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{SUMS}"))


def locate(model: str | Path) -> Path:
    for path in (BUNDLED / model, Path(model)):
        if path.is_dir():
            return path
    raise InvalidModel(f"{model} is neither a folder nor a bundled model ({', '.join(bundled_names())})")


def present(path: Path) -> list[str]:
    """The names of the files of a folder that its sums have to name."""
    return sorted([*NEEDED, *(name for name in OPTIONAL if (path / name).exists())])


def digest_of(path: Path, needed: Sequence[str]) -> str:
    """The digest of the folder's sums. Raises InvalidModel unless they name all that is needed, and every file is as they say."""
    sums = read(path / SUMS)
    verify(path, sums, needed)
    return hashlib.sha256(sums.encode()).hexdigest()[:12]


def verify(path: Path, sums: str, needed: Sequence[str]) -> None:
    """Every line is `<sha256>  <file name>`, as sha256sum writes it."""
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in sums.splitlines())}
    for name in needed:
        if name not in expected:
            raise InvalidModel(f"{path / SUMS} does not name {name}")
    for name, digest in expected.items():
        if _digest(path / name) != digest:
            raise InvalidModel(f"{path / name} differs from what {SUMS} says")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InvalidModel(f"{path} cannot be read: {error.strerror}") from error


def read(path: Path) -> str:
    """Raises InvalidModel."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidModel(f"{path} cannot be read: {error}") from error
