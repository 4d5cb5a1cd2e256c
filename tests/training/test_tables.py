"""The card and metrics.json come from the same tables, and a check finds what is no longer so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.models import Table
from app.domain.values import Voice
from app.inference.description import METRICS, read_metrics, table_of
from app.inference.model_folder import BUNDLED
from training import evaluate
from training.confidence_tables import Outcome, bins, calibration, coverage
from training.evaluate import CARD, Measurement, card_problems, float_recorded, problems, write
from training.stance_tables import Judged, precision_table, stance_table, voice_table
from training.tables import BEGIN, END, as_json, differences, rendered, shown

TABLE = Table("stance", "Stance", "In percent.", ("test", "targets", "macro-F1"), (("A", 120, 77.5), ("B", 30, 60.0)))
OTHER = Table("voices", "Voices", "", ("voice", "targets"), (("author", 3),))
VERSION = "tiny@0123456789ab"
CELLS = st.none() | st.text(max_size=5) | st.integers(0, 10**6) | st.floats(0, 100)


def measurement(*tables: Table, model: str = VERSION, in_float: dict[str, float] | None = None) -> Measurement:
    return Measurement(model, tables, in_float)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / CARD).write_text(f"# Card\n{BEGIN}\nold\n{END}\nThe end.\n", encoding="utf-8")
    return tmp_path


def test_writing_puts_the_same_tables_into_card_and_metrics(folder: Path) -> None:
    write(folder, measurement(TABLE, OTHER))
    card = (folder / CARD).read_text(encoding="utf-8")
    assert card.startswith("# Card\n") and card.endswith("\nThe end.\n") and "old" not in card
    assert "| A | 120 | 77.5 |" in card and "| B | 30 | 60.0 |" in card
    assert [table_of(value) for value in read_metrics(folder / METRICS)["tables"]] == [TABLE, OTHER]
    assert problems(folder, measurement(TABLE, OTHER)) == []


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_a_table_survives_its_way_through_json(rows: list[tuple[object, object]]) -> None:
    table = Table("t", "T", "n", ("a", "b"), tuple(rows))  # type: ignore[arg-type]
    assert table_of(json.loads(json.dumps(as_json(table)))) == table


def test_what_is_known_of_the_origin_is_kept(folder: Path) -> None:
    (folder / METRICS).write_text(json.dumps({"base": "other", "licence": "MIT", "training": {"minutes": 7}, "tables": [1]}))
    write(folder, measurement(TABLE))
    found = read_metrics(folder / METRICS)
    assert (found["base"], found["licence"], found["training"], found["model"]) == ("other", "MIT", {"minutes": 7}, VERSION)


def test_figures_of_the_float_graph_are_kept_for_the_same_version_only(folder: Path) -> None:
    write(folder, measurement(TABLE, in_float={"A": 77.9}))
    kept = read_metrics(folder / METRICS)
    assert float_recorded(kept, VERSION) == {"A": 77.9}
    assert float_recorded(kept, "tiny@ba9876543210") is None
    write(folder, measurement(TABLE, model="tiny@ba9876543210"))
    assert "float" not in read_metrics(folder / METRICS)


def test_a_check_finds_another_version_and_a_card_by_another_hand(folder: Path) -> None:
    write(folder, measurement(TABLE))
    assert "run with --write" in problems(folder, measurement(TABLE, model="tiny@ba9876543210"))[0]
    (folder / CARD).write_text((folder / CARD).read_text().replace("77.5", "87.5"))
    assert card_problems(folder) == [f"{CARD} does not show the tables of {METRICS}"]
    assert problems(folder, measurement(TABLE)) == card_problems(folder)


@pytest.mark.parametrize(
    ("row", "same"),
    [
        (("A", 120, 77.5), True),
        (("A", 120, 77.6), True),
        (("A", 120, 77.3), False),
        (("A", 121, 77.5), True),
        (("A", 122, 77.5), False),
        (("C", 120, 77.5), False),
        ((None, 120, 77.5), False),
        (("A", 120, None), False),
    ],
)
def test_only_a_difference_beyond_the_tolerance_counts(row: tuple[str, int, float], same: bool) -> None:
    now = replace(TABLE, rows=(row, TABLE.rows[1]))
    assert (list(differences([TABLE], [now])) == []) is same


def test_a_missing_table_a_missing_row_and_other_words_are_found() -> None:
    assert list(differences([TABLE], [TABLE, OTHER])) == ["voices: measured, but not recorded"]
    assert list(differences([TABLE, OTHER], [TABLE])) == ["voices: recorded, but not measured"]
    assert list(differences([TABLE], [replace(TABLE, note="x")])) == ["stance: the words around it differ"]
    assert list(differences([TABLE], [replace(TABLE, rows=())])) == ["stance: 2 rows are recorded, 0 measured"]


def test_a_cell_without_a_value_is_a_dash() -> None:
    assert [shown(cell) for cell in (None, 3, 3.0, "x")] == ["–", "3", "3.0", "x"]


def test_a_confident_model_that_is_half_right_is_half_off() -> None:
    outcome = Outcome(np.full(400, 0.99), np.arange(400) % 2 == 0)
    (row,) = calibration({"A": outcome}, id="c", title="", note="", first="test").rows
    assert row[1] == pytest.approx(49, abs=4) and isinstance(row[2], float) and row[2] < 5
    assert row[3] == pytest.approx(float(row[1] or 0) - row[2], abs=0.11)
    assert [line[3:] for line in bins({"A": outcome}, id="b", title="", note="", first="", what="p").rows] == [(99, 50)] * 5
    covered = coverage({"A": outcome}, id="v", title="", note="", first="", what="p").rows
    assert covered[0][2:] == covered[-1][2:] == (100, 50.0)


def test_nothing_decided_has_no_accuracy() -> None:
    outcome = Outcome(np.full(9, 0.4), np.ones(9, dtype=bool))
    rows = coverage({"A": outcome}, id="v", title="", note="", first="", what="p").rows
    assert rows[1][2:] == (0, None)


def judged() -> Judged:
    """Six of eight right: one favor was missed, one neutral taken for favor."""
    gold, found = np.array([0, 0, 0, 1, 1, 1, 2, 2]), np.array([0, 0, 1, 0, 1, 1, 2, 2])
    return Judged(gold, np.eye(3)[found] * 0.7 + 0.1, [Voice.AUTHOR] * 5 + [Voice.ATTRIBUTED] * 3)


def test_the_stance_table_counts_by_hand() -> None:
    (row,) = stance_table({"A": judged()}).rows
    assert row == ("A", 8, 77.8, 83.3, 75.0, 66.7, 66.7, 100.0)


def test_voices_are_counted_apart_and_float_beside_int8() -> None:
    rows = voice_table({"A": judged()}).rows
    assert [row[1:3] for row in rows] == [("author", 5), ("attributed", 3)]
    assert precision_table({"A": judged()}, {"A": 78.1}).rows == (("A", 77.8, 78.1, 0.3),)


@pytest.mark.parametrize("path", sorted(BUNDLED.glob(f"*/{METRICS}")), ids=lambda path: str(path.parent.name))
def test_a_bundled_card_shows_the_figures_that_the_service_gives(path: Path) -> None:
    assert card_problems(path.parent) == []


def test_a_table_without_a_note_has_no_gap() -> None:
    assert rendered([OTHER, TABLE]).count("\n\n\n") == 0
    assert evaluate.ORIGIN["licence"] == "Apache-2.0"
