"""make train: the order of the steps, what they hand on to each other, and going on after a stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from training import recipe
from training.recipe import FAST, RECORD, OtherRecipe, Step, begun, prepare, run, steps

HEADS = ["gate", "attach", "calibrate", "topics", "look"]
ORDER = ["begin", "longer", "mix", "joint", "together", "round", "export", *HEADS]
FAST_ORDER = ["begin", "longer", "mix", "teach", "student", "further", "soup", "export", "seal", "calibrate"]


def plan(out: Path, **given: Any) -> list[Step]:
    return steps(Path("/data"), Path("/base model"), out, **given)


def options(step: Step) -> dict[str, str]:
    words = step.command
    return {word: following for word, following in zip(words, [*words[1:], ""], strict=True) if word.startswith("--")}


def average(step: Step) -> str:
    return str(Path(options(step)["--out"]) / "average.pt")


def test_every_step_takes_what_those_before_it_leave(tmp_path: Path) -> None:
    found = {step.name: step for step in plan(tmp_path)}
    assert list(found) == ORDER
    assert options(found["longer"])["--start"] == average(found["begin"])
    assert list(found["mix"].command[1:3]) == [average(found["begin"]), average(found["longer"])]
    mixed, together = options(found["mix"])["--out"], options(found["together"])["--out"]
    assert options(found["joint"])["--heads"] == mixed
    assert list(found["together"].command[1:3]) == [average(found["joint"]), mixed]
    assert options(found["round"])["--weights"] == options(found["export"])["--unrounded"] == together
    assert options(found["export"])["--weights"] == options(found["round"])["--out"]
    assert "--layers" not in options(found["export"])
    plain, joint = options(found["export"])["--out"], options(found["joint"])["--out"]
    assert [found["gate"].command[2], found["attach"].command[1]] == [plain] * 2
    heads = [f"{joint}/relation.pt", f"{found['gate'].command[3]}/gate.pt", f"{joint}/topic.pt"]
    assert list(found["attach"].command[2:5]) == heads
    model = str(tmp_path / "model")
    assert found["attach"].command[5] == model
    assert [found[name].command[2] for name in ("calibrate", "topics", "look")] == [model] * 3
    assert options(found["begin"])["--base"] == "/base model"


def test_the_fast_tier_is_taught_by_the_other(tmp_path: Path) -> None:
    found = {step.name: step for step in plan(tmp_path, tier=FAST)}
    assert list(found) == FAST_ORDER
    mixed, logits = options(found["mix"])["--out"], options(found["teach"])["--out"]
    assert options(found["teach"])["--weights"] == options(found["student"])["--start"] == mixed
    assert options(found["student"])["--teacher"] == options(found["further"])["--teacher"] == logits
    assert options(found["further"])["--start"] == average(found["student"])
    assert list(found["soup"].command[1:3]) == [average(found["student"]), average(found["further"])]
    assert options(found["export"])["--weights"] == options(found["soup"])["--out"]
    for name in ("--layers", "--inner"):
        assert options(found["export"])[name] == options(found["student"])[name] == options(found["further"])[name]
    assert {options(found[name])["--unlabelled"] for name in ("teach", "student", "further")} == {"12000"}


def test_the_seed_is_fixed_unless_it_is_given(tmp_path: Path) -> None:
    assert [options(step).get("--seed") for step in plan(tmp_path)[:4]] == ["13", "13", None, "13"]
    assert options(plan(tmp_path, seed=5)[0])["--seed"] == "5"


def test_every_option_is_one_that_its_program_knows(tmp_path: Path) -> None:
    """Read from the sources, since the programs themselves need torch."""
    for step in plan(tmp_path, tier=FAST):
        source = (Path(recipe.__file__).parents[1] / Path(*step.command[0].split("."))).with_suffix(".py")
        assert source.exists()
        for option in options(step):
            known = f'"{option}"', f"\n    {option.removeprefix('--')}: "
            words = source.read_text(encoding="utf-8").replace(", ", ",\n    ")
            assert any(each in words for each in known), (step.name, option)


class Stopped(Exception):
    pass


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    ran: list[str] = []

    def until_mix(command: Sequence[str]) -> None:
        ran.append(command[0])
        if len(ran) == 3:
            raise Stopped

    with pytest.raises(Stopped):
        run(plan(tmp_path), tmp_path, execute=until_mix)
    kept = json.loads((tmp_path / RECORD).read_text())
    assert kept["done"] == ["begin", "longer"] and set(kept["seconds"]) == {"begin", "longer", "mix"}
    record = run(plan(tmp_path), tmp_path, execute=lambda command: ran.append(command[0]))
    assert ran[3:] == [step.command[0] for step in plan(tmp_path)[2:]]
    assert record.done == ORDER
    run(plan(tmp_path), tmp_path, execute=lambda command: pytest.fail("all is done"))


def test_time_of_stopped_runs_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 60))
    monkeypatch.setattr("training.recipe.time.monotonic", lambda: next(clock))

    def stop(command: Sequence[str]) -> None:
        raise Stopped

    for _ in range(2):
        with pytest.raises(Stopped):
            run(plan(tmp_path), tmp_path, execute=stop)
    record = run(plan(tmp_path), tmp_path, execute=lambda command: None)
    assert record.seconds["begin"] == 180 and record.minutes == len(ORDER) + 2
    assert json.loads((tmp_path / RECORD).read_text())["minutes"] == len(ORDER) + 2


def test_a_folder_of_another_recipe_is_refused(tmp_path: Path) -> None:
    run(plan(tmp_path), tmp_path, execute=lambda command: None)
    with pytest.raises(OtherRecipe, match="begin, longer"):
        begun(plan(tmp_path, seed=14), tmp_path)


def test_the_names_of_countries_are_there_before_anything_runs(tmp_path: Path) -> None:
    prepare(tmp_path / "out")
    assert (tmp_path / "out" / "model" / "gazetteer.tsv").stat().st_size > 1_000_000
    assert (tmp_path / "out" / "float").is_dir()


def test_a_step_that_fails_ends_the_program_with_its_reason(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        recipe.main(tmp_path / "no data", tmp_path / "no base", tmp_path)
    assert ended.value.code == 1
    assert "training.train" in capfd.readouterr().err
    assert json.loads((tmp_path / RECORD).read_text())["done"] == []
