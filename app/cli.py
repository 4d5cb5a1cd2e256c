"""standpoint serve | worker | migrate | import | annotate | openapi. What each does stands in app/commands."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from app import __doc__ as about
from app import __version__
from app.refusal import Refusal

cli = typer.Typer(help=about, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Inputs = Annotated[
    list[Path], typer.Argument(metavar="FILE...|-", help="Plain text, .json or .ndjson/.jsonl; - is standard input.")
]


def main() -> None:
    try:
        cli()
    except Refusal as refusal:
        for line in str(refusal).splitlines():
            print(f"standpoint: {line}", file=sys.stderr)
        sys.exit(2)


def _command(name: str) -> Any:
    # Model, database and HTTP libraries take seconds to import; `--help` and `--version` need none of them.
    return import_module(f"app.commands.{name}")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"standpoint {__version__}")
        raise typer.Exit


@cli.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Settings are environment variables that begin with STANDPOINT_."""


@cli.command()
def serve() -> None:
    """Serve HTTP until SIGTERM or Ctrl-C."""
    _command("serve").serve()


@cli.command()
def worker() -> None:
    """Annotate bulk work until SIGTERM or Ctrl-C, without HTTP; any number beside any number of `serve` on one PostgreSQL."""
    _command("worker").worker()


@cli.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".ndjson or .jsonl, also as .gz, or .parquet.", dir_okay=False)],
    key: Annotated[str | None, typer.Option(help="Names the job. By default path, size and time of the file do.")] = None,
    wait: Annotated[bool, typer.Option(help="Stay until all of it is annotated.")] = True,
) -> None:
    """Import articles into the database, also beside a running server.

    The same file again goes on where it was cut off. Where nobody works on a SQLite file, this process annotates the articles.
    """
    raise typer.Exit(_command("imports").run(file, key=key, wait=wait))


@cli.command()
def migrate() -> None:
    """Bring the database's tables to this version."""
    _command("migrate").migrate()


@cli.command()
def annotate(inputs: Inputs) -> None:
    """Annotate articles, one JSON line each, without server or database.

    A JSON article is an object with text and, if there are any, title, language and targets; other fields are ignored.
    """
    raise typer.Exit(_command("annotate").annotate(inputs))


@cli.command()
def openapi() -> None:
    """Print the contract of the HTTP API as OpenAPI 3.1."""
    _command("openapi").print_document()
