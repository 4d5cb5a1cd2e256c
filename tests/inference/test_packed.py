"""Weights that are stored packed come out as they went in, and are gone when they have been read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.inference.model_folder import InvalidModel, ModelFolder
from app.inference.packed import GRAPH, PACKED, WEIGHTS, pack, unpack, unpacked
from tests.inference.test_model_folder import sum_up, write


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weights=st.binary(max_size=3_000))
def test_what_is_unpacked_is_what_was_packed(tmp_path: Path, weights: bytes) -> None:
    (tmp_path / "a").write_bytes(weights)
    pack(tmp_path / "a", tmp_path / "b")
    unpack(tmp_path / "b", tmp_path / "c")
    assert (tmp_path / "c").read_bytes() == weights


def test_more_than_a_piece_is_unpacked_whole(tmp_path: Path) -> None:
    weights = bytes(range(256)) * 10_000
    (tmp_path / WEIGHTS).write_bytes(weights)
    pack(tmp_path / WEIGHTS, tmp_path / PACKED)
    (tmp_path / GRAPH).write_text("graph")
    with unpacked(tmp_path) as graph:
        assert graph.read_text() == "graph" and graph.parent != tmp_path
        assert graph.with_name(WEIGHTS).read_bytes() == weights
    assert not graph.parent.exists()


def test_a_graph_with_its_weights_inside_is_read_where_it_is(tmp_path: Path) -> None:
    (tmp_path / GRAPH).write_text("graph")
    with unpacked(tmp_path) as graph:
        assert graph == tmp_path / GRAPH


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: b"", lambda whole: b"no code" + whole])
def test_a_file_that_is_not_whole_is_refused_by_name(tmp_path: Path, damage: object) -> None:
    (tmp_path / "a").write_bytes(b"weights" * 1_000)
    pack(tmp_path / "a", tmp_path / PACKED)
    (tmp_path / PACKED).write_bytes(damage((tmp_path / PACKED).read_bytes()))  # type: ignore[operator]
    with pytest.raises(ValueError, match=PACKED):
        unpack(tmp_path / PACKED, tmp_path / "c")


def test_packed_weights_that_the_sums_do_not_name_are_refused_and_those_they_name_are_in_the_version(tmp_path: Path) -> None:
    path = write(tmp_path / "m")
    before = ModelFolder.open(path).version
    (path / PACKED).write_bytes(b"weights")
    with pytest.raises(InvalidModel, match=f"does not name {PACKED}"):
        ModelFolder.open(path)
    sum_up(path)
    assert ModelFolder.open(path).version != before
