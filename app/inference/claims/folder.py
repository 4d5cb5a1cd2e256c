"""The pair model as a folder of files, under the main model's rules: `SHA256SUMS` names all that can change an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.claims import ClaimStance
from app.inference.calibration import Scaling
from app.inference.model_folder import InvalidModel, digest_of, read
from app.inference.packed import GRAPH, PACKED

BUNDLED = Path(__file__).parent / "bundled" / "standpoint-claims-en"
NEEDED = (GRAPH, PACKED, "tokenizer.json", "config.json")


@dataclass(frozen=True, slots=True)
class ClaimConfig:
    """config.json. `claims` makes probabilities of the logits."""

    name: str
    languages: frozenset[str]
    claims: Scaling

    @classmethod
    def parse(cls, text: str) -> ClaimConfig:
        """Raises InvalidModel for what is missing, or another layout of the heads."""
        try:
            values: dict[str, Any] = json.loads(text)
            if tuple(values["claims"]) != tuple(ClaimStance):
                raise InvalidModel("config.json: the stances of claims are not the ones this version reads")
            return cls(values["name"], frozenset(values["languages"]), Scaling(**values["calibration"]["claims"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidModel(f"config.json: {error!r}") from error


@dataclass(frozen=True, slots=True)
class ClaimFolder:
    """A verified folder: every file that the sums name is present and unchanged."""

    path: Path
    digest: str
    config: ClaimConfig

    @property
    def version(self) -> str:
        return f"{self.config.name}@{self.digest}"

    @property
    def size(self) -> int:
        """Bytes of all that can change an answer."""
        return sum((self.path / name).stat().st_size for name in NEEDED)

    @classmethod
    def open(cls, path: Path = BUNDLED) -> ClaimFolder:
        """Raises InvalidModel."""
        digest = digest_of(path, NEEDED)
        return cls(path, digest, ClaimConfig.parse(read(path / "config.json")))
