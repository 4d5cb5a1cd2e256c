from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from app.commands import annotate as command
from app.settings import Settings
from tests.twins import DictionaryAnnotator

ROOT = Path(__file__).parents[1]
STANDPOINT = [sys.executable, "-c", "from app.cli import main; main()"]
HEAVY = ("fastapi", "sqlalchemy", "transformers", "onnxruntime", "numpy", "uvicorn", "alembic")
UNNEEDED = ("transformers", "huggingface_hub", "alembic", "mako", "procrastinate")
"""Tokenizers alone reads the bundled model; tables that are in order need no Alembic, and a file no queue of PostgreSQL."""


def standpoint(*arguments: str, environment: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.run([*STANDPOINT, *arguments], capture_output=True, text=True, timeout=120, env=variables, **options)


@pytest.fixture
def annotated(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `standpoint annotate` with the twin: exit code, lines on stdout as objects, stderr."""
    monkeypatch.setattr(command, "open_annotator", lambda _: nullcontext(DictionaryAnnotator(limit=100)))

    def run(*paths: Path | str) -> tuple[int, list[dict[str, Any]], str]:
        code = command.annotate([Path(path) for path in paths])
        written = capsys.readouterr()
        return code, [json.loads(line) for line in written.out.splitlines()], written.err

    return run


def test_help_and_version_load_nothing_heavy() -> None:
    program = f"""
import sys
import tomllib
sys.argv = ["standpoint", {{option!r}}]
from app.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    for option, shown in (("--help", "serve"), ("--version", "standpoint 0.1.0")):
        run = subprocess.run(
            [sys.executable, "-c", program.format(option=option)], capture_output=True, text=True, timeout=60, cwd=ROOT
        )
        assert shown in run.stdout
        assert run.stdout.splitlines()[-1] == "[]", run.stderr


def test_a_start_loads_nothing_that_most_starts_do_not_need() -> None:
    program = f"import sys, app.commands.serve; print([name for name in {UNNEEDED!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert run.stdout == "[]\n", run.stderr


def test_the_contract_is_printed_as_it_is_committed() -> None:
    assert standpoint("openapi").stdout == (ROOT / "openapi.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [["serve"], ["migrate"], ["annotate", "-"]])
def test_a_wrong_setting_is_one_line_and_no_traceback(arguments: list[str], tmp_path: Path) -> None:
    run = standpoint(*arguments, environment={"STANDPOINT_PORT": "eighty"}, cwd=tmp_path, input="")
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("standpoint: STANDPOINT_PORT: ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://me:hunter2@db/x", "must start with sqlite:/// or postgresql://"),
        ("hunter2", "cannot be read"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "cannot be reached"),
        ("sqlite:////nowhere/at/all.db", "cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_without_the_password(url: str, said: str) -> None:
    run = standpoint("migrate", environment={"STANDPOINT_DATABASE_URL": url})
    assert run.returncode == 2
    assert said in run.stderr
    assert run.stderr.count("\n") == 1
    assert "hunter2" not in run.stderr


def test_migrating_makes_the_tables_and_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        run = standpoint("migrate", cwd=tmp_path)
        assert run.returncode == 0, run.stderr
    assert (tmp_path / "standpoint.db").stat().st_size > 0


def test_plain_text_json_and_ndjson_are_annotated_in_order(annotated: Any, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("\ufeffFrance praised Kenya.", encoding="utf-8")
    (tmp_path / "whole.json").write_text(
        json.dumps({"title": "Germany", "text": "It slept.", "publisher": "ignored", "published_at": 7}, indent=2)
    )
    (tmp_path / "many.ndjson").write_text('{"text": "China."}\n\n{"text": "Lumen.", "targets": ["Lumen"]}\n')
    code, lines, errors = annotated(tmp_path / "plain.txt", tmp_path / "whole.json", tmp_path / "many.ndjson")
    assert (code, errors) == (0, "")
    assert [(Path(line["file"]).name, line["line"]) for line in lines] == [
        ("plain.txt", None),
        ("whole.json", None),
        ("many.ndjson", 1),
        ("many.ndjson", 3),
    ]
    assert [[country["country"] for country in line["countries"]] for line in lines] == [["FR", "KE"], ["DE"], ["CN"], []]
    assert lines[0]["countries"][0]["mentions"][0]["start"] == 0
    assert lines[3]["targets"][0]["name"] == "Lumen"
    assert {"id", "created_at", "model", "language", "coverage", "countries", "targets"} <= set(lines[0])


def test_who_stands_where_toward_whom_is_printed_as_the_service_answers_it(annotated: Any, tmp_path: Path) -> None:
    file = tmp_path / "sides.txt"
    file.write_text("Kenya hailed France. Germany slept.", encoding="utf-8")
    code, (line,), _ = annotated(file)
    (relation,) = line["relations"]
    quote = "Kenya hailed France."
    evidence = {"field": "text", "start": 0, "end": 20, "quote": quote, "stance": "favor", "score": 0.9}
    assert (code, relation) == (0, {"from": "KE", "to": "FR", "stance": "favor", "probability": 0.9, "evidence": evidence})


def test_bad_lines_are_reported_with_their_number_and_the_rest_is_annotated(annotated: Any, tmp_path: Path) -> None:
    file = tmp_path / "mixed.ndjson"
    bad = ["{", '{"titel": "x"}', '{"text": 7}', '{"text": " "}', f'{{"text": "{"x" * 101}"}}', '{"text": "\\u0000"}', "[]"]
    bad += ['{"text": "France", "language": "fr"}', '{"text": "a", "text": "b"}', '{"text": NaN}']
    file.write_text("\n".join([*bad, '{"text": "France."}']), encoding="utf-8")
    code, lines, errors = annotated(file)
    assert code == 1
    assert [line["line"] for line in lines] == [len(bad) + 1]
    assert [f"{file}:{number}:" in line for number, line in enumerate(errors.splitlines(), start=1)] == [True] * len(bad)


def test_a_file_that_cannot_be_read_is_reported_and_the_next_is_annotated(annotated: Any, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Österreich".encode("latin-1"))
    (tmp_path / "good.txt").write_text("France.")
    code, lines, errors = annotated(tmp_path / "missing.txt", tmp_path, tmp_path / "latin.txt", tmp_path / "good.txt")
    assert (code, len(lines)) == (1, 1)
    assert len(errors.splitlines()) == 3
    assert "missing.txt: No such file or directory" in errors
    assert "latin.txt: is not UTF-8" in errors


@pytest.mark.parametrize(
    ("given", "places", "countries"),
    [
        ("France slept.\nKenya woke.", [None], [["FR", "KE"]]),
        ('{"text": "France"}\n{"text": "Kenya"}\n', [1, 2], [["FR"], ["KE"]]),
        ('{\n "text": "France"\n}', [None], [["FR"]]),
    ],
)
def test_standard_input_is_taken_for_what_it_looks_like(
    annotated: Any, monkeypatch: pytest.MonkeyPatch, given: str, places: list[int | None], countries: list[list[str]]
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(given.encode())))
    code, lines, errors = annotated("-")
    assert (code, errors) == (0, "")
    assert [line["line"] for line in lines] == places
    assert [[country["country"] for country in line["countries"]] for line in lines] == countries


def test_many_articles_come_out_in_the_order_in_which_they_went_in(annotated: Any, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text("".join(f'{{"text": "China {number}."}}\n' for number in range(100)))
    code, lines, _ = annotated(file)
    assert code == 0
    assert [line["line"] for line in lines] == list(range(1, 101))


def test_a_pipe_that_is_closed_ends_the_program_quietly(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text('{"text": "China praised Kenya."}\n' * 2000)
    program = subprocess.Popen(
        [*STANDPOINT, "annotate", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert program.stdout and program.stderr
    assert json.loads(program.stdout.readline())["line"] == 1
    program.stdout.close()
    assert "Traceback" not in program.stderr.read()
    assert program.wait(60) != 0


def test_the_real_model_annotates_a_file_without_server_or_database(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text("Germany praised France on Monday while condemning Belarus.")
    run = standpoint("annotate", "article.txt", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert {country["country"] for country in json.loads(run.stdout)["countries"]} == {"DE", "FR", "BY"}
    assert [path.name for path in tmp_path.iterdir()] == ["article.txt"]


def test_the_settings_of_these_tests_are_the_defaults() -> None:
    assert Settings().model == "standpoint-en"


def test_the_version_is_that_of_the_distribution() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert standpoint("--version").stdout == f"standpoint {declared}\n"
