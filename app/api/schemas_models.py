"""Wire models of what is known of a model version."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypeAliasType

from app.api.schemas import Count, ModelVersion, Response
from app.domain.models import KnownModel, Table, name_of

Text = Annotated[str, Field(max_length=2_000)]
Whole = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
# An alias with a name of its own, so that the contract has one too: generators give a union without a name one they made up.
Cell = TypeAliasType(
    "Cell", Annotated[Text | Whole | float | None, Field(description="A name or a figure; null where there is none.")]
)


class EvaluationTableResponse(Response):
    """Measured figures; the model card shows the same tables. Shares and F1 are in percent, calibration errors in points."""

    id: Text = Field(description="Stable: `stance`, `calibration`, `reliability`, `abstention`, `article-rules` and others.")
    title: Text
    note: Text
    columns: list[Text]
    rows: list[list[Cell]] = Field(description="Each with a cell for every column.")

    @classmethod
    def of(cls, value: Table) -> EvaluationTableResponse:
        rows = [list(row) for row in value.rows]
        return cls(id=value.id, title=value.title, note=value.note, columns=list(value.columns), rows=rows)


class ModelResponse(Response):
    """What is known of a model version. Of one that only stored annotations name, all that its files would say is null."""

    model: ModelVersion
    name: Text
    active: bool = Field(description="Whether it annotates what comes in now.")
    installed: bool = Field(description="Whether its files are here.")
    annotations: Count = Field(description="How many annotations of it are stored.")
    languages: list[str] | None = Field(description="ISO 639-1 codes of the languages that it reads.")
    bytes: Count | None = Field(description="Size of all files that can change an answer.")
    base: Text | None = Field(description="The model that it was made from.")
    licence: Text | None = Field(description="SPDX identifier.")
    calibrated: bool | None = Field(
        description="Whether the probabilities of mentions are calibrated; if not, they are raw scores that sum to 1."
    )
    evaluation: list[EvaluationTableResponse] = Field(description="Empty where nobody measured exactly these files.")

    @classmethod
    def of(cls, value: KnownModel) -> ModelResponse:
        said = value.description
        return cls(
            model=value.version,
            name=name_of(value.version),
            active=value.active,
            installed=said is not None,
            annotations=value.annotations,
            languages=sorted(said.languages) if said else None,
            bytes=said.size if said else None,
            base=said.base if said else None,
            licence=said.licence if said else None,
            calibrated=said.calibrated if said else None,
            evaluation=[EvaluationTableResponse.of(table) for table in said.evaluation] if said else [],
        )
