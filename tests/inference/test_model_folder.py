"""A model folder is read only when every file is what its sums say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.inference.model_folder import BUNDLED, InvalidModel, ModelFolder, bundled_names

CONFIG: dict[str, Any] = {
    "name": "tiny",
    "languages": ["en"],
    "max_tokens": 32,
    "stances": ["favor", "neutral", "against"],
    "kinds": ["none", "name", "demonym", "capital", "government", "place"],
    "countries": ["DE", "FR"],
    "calibration": {"country": {"temperature": 1.5}},
    "undecided_below": 0.4,
    "link": {},
    "aggregation": {"rule": "mean"},
}


def write(folder: Path, **changes: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))
    for name in ("model.onnx", "tokenizer.json", "gazetteer.tsv"):
        (folder / name).write_text(name)
    sum_up(folder)
    return folder


def sum_up(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def test_a_whole_folder_is_opened_by_its_path(tmp_path: Path) -> None:
    folder = ModelFolder.open(str(write(tmp_path / "m")))
    assert folder.config.countries == ("DE", "FR")
    assert folder.version == f"tiny@{folder.digest}"
    assert len(folder.digest) == 12


def test_the_version_changes_with_every_file_that_can_change_an_answer(tmp_path: Path) -> None:
    path = write(tmp_path / "m")
    versions = {ModelFolder.open(path).version}
    for name in ("model.onnx", "tokenizer.json", "gazetteer.tsv"):
        (path / name).write_text("changed")
        sum_up(path)
        versions.add(ModelFolder.open(path).version)
    versions.add(ModelFolder.open(write(path, undecided_below=0.5)).version)
    assert len(versions) == 5


def test_the_model_card_is_no_part_of_the_version(tmp_path: Path) -> None:
    path = write(tmp_path / "m")
    before = ModelFolder.open(path).version
    (path / "MODEL_CARD.md").write_text("figures")
    assert ModelFolder.open(path).version == before


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "gazetteer.tsv", "config.json"])
def test_a_changed_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "m")
    (path / name).write_text("changed")
    with pytest.raises(InvalidModel, match=name):
        ModelFolder.open(path)
    (path / name).unlink()
    with pytest.raises(InvalidModel, match=name):
        ModelFolder.open(path)


def test_sums_that_leave_out_a_needed_file_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m")
    (path / "gazetteer.tsv").unlink()
    sum_up(path)
    with pytest.raises(InvalidModel, match="does not name gazetteer"):
        ModelFolder.open(path)


def test_a_folder_without_sums_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "m")
    (path / "SHA256SUMS").unlink()
    with pytest.raises(InvalidModel, match="SHA256SUMS"):
        ModelFolder.open(path)


@pytest.mark.parametrize("sums", ["", "abc", "\x00\n", "one two three four\n"])
def test_broken_sums_are_refused(tmp_path: Path, sums: str) -> None:
    path = write(tmp_path / "m")
    (path / "SHA256SUMS").write_text(sums)
    with pytest.raises(InvalidModel):
        ModelFolder.open(path)


@pytest.mark.parametrize(
    "changes",
    [{"stances": ["against", "neutral", "favor"]}, {"max_tokens": "many"}, {"calibration": {"town": {}}}, {"languages": None}],
)
def test_a_layout_that_this_version_does_not_read_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidModel, match=r"config\.json"):
        ModelFolder.open(write(tmp_path / "m", **changes))


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidModel, match="standpoint-en"):
        ModelFolder.open("no-such-model")


def test_every_bundled_model_is_whole() -> None:
    assert "standpoint-en" in bundled_names()
    for name in bundled_names():
        assert ModelFolder.open(name).path == BUNDLED / name
