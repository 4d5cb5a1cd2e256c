"""metrics.json: read where it belongs to these files, no part of the version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.models import Table
from app.inference import description
from app.inference.description import METRICS, described
from app.inference.model_folder import InvalidModel, ModelFolder
from tests.inference.test_model_folder import write

TABLE = {"id": "stance", "title": "Stance", "note": "", "columns": ["test", "macro-F1"], "rows": [["A", 77.5]]}


def metrics(folder: Path, **values: Any) -> ModelFolder:
    version = ModelFolder.open(folder).version
    (folder / METRICS).write_text(json.dumps({"model": version, "base": "b", "licence": "MIT", "tables": [TABLE]} | values))
    return ModelFolder.open(folder)


def test_the_figures_are_those_of_the_file(tmp_path: Path) -> None:
    found = described(metrics(write(tmp_path / "m")))
    assert found.evaluation == (Table("stance", "Stance", "", ("test", "macro-F1"), (("A", 77.5),)),)
    assert (found.name, found.base, found.licence, found.languages) == ("tiny", "b", "MIT", {"en"})
    assert found.size == sum(
        (tmp_path / "m" / name).stat().st_size for name in ("model.onnx", "tokenizer.json", "gazetteer.tsv", "config.json")
    )


def test_measuring_again_changes_no_version(tmp_path: Path) -> None:
    before = ModelFolder.open(write(tmp_path / "m")).version
    assert metrics(tmp_path / "m").version == before


def test_figures_of_another_version_are_not_shown(tmp_path: Path) -> None:
    found = described(metrics(write(tmp_path / "m"), model="tiny@000000000000"))
    assert found.evaluation == () and found.base == "b"


def test_without_the_file_there_are_no_figures(tmp_path: Path) -> None:
    found = described(ModelFolder.open(write(tmp_path / "m")))
    assert (found.evaluation, found.base) == ((), None)


@pytest.mark.parametrize(
    ("calibration", "expected"), [({}, False), ({"country": {}}, False), ({"country": {}, "target": {}}, True)]
)
def test_a_model_is_calibrated_when_both_kinds_of_target_are(tmp_path: Path, calibration: dict[str, Any], expected: bool) -> None:
    assert described(ModelFolder.open(write(tmp_path / "m", calibration=calibration))).calibrated is expected


@pytest.mark.parametrize("tables", [[{}], [TABLE | {"rows": [["A"]]}], [TABLE | {"rows": [["A", []]]}], 7, [TABLE | {"rows": 1}]])
def test_a_file_of_another_form_is_refused_by_name(tmp_path: Path, tables: Any) -> None:
    with pytest.raises(InvalidModel, match=r"metrics\.json"):
        described(metrics(write(tmp_path / "m"), tables=tables))


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00"])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, content: str) -> None:
    folder = write(tmp_path / "m")
    (folder / METRICS).write_text(content)
    with pytest.raises(InvalidModel, match=r"metrics\.json"):
        described(ModelFolder.open(folder))


@pytest.mark.parametrize("name", ["", "a b", "a@b", "a/b", "é"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidModel, match="the name"):
        ModelFolder.open(write(tmp_path / "m", name=name))


def test_the_bundled_models_are_known_by_version() -> None:
    assert ModelFolder.open("standpoint-en").version in description.bundled()
