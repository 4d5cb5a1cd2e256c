"""What is known of a model beside what it says of texts: what it was made of, and how well it does."""

from __future__ import annotations

from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Measured figures. Shares and F1 are in percent, calibration errors in points. Raises ValueError for a ragged row."""

    id: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.id}: a row has another number of cells than there are columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """`version` is `name@digest`; `size` is in bytes, of all files that can change an answer. `base` and `licence` are None where
    nobody said; without `calibrated` the probabilities of mentions are raw scores of the model.
    """

    version: str
    languages: frozenset[str]
    size: int
    calibrated: bool
    base: str | None = None
    licence: str | None = None
    evaluation: tuple[Table, ...] = ()

    @property
    def name(self) -> str:
        return name_of(self.version)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A version that is installed or annotated something stored; of one that is not installed there is no `description`."""

    version: str
    active: bool
    annotations: int
    description: ModelDescription | None


def name_of(version: str) -> str:
    return version.rpartition("@")[0] or version
