"""standpoint serve | worker | migrate | import | annotate | demo | keys | openapi. What each does stands in app/commands."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from app import __doc__ as about
from app import __version__, memory
from app.refusal import Refusal

cli = typer.Typer(help=about, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

keys = typer.Typer(help="Keys that let callers in: create, list, rotate, revoke.", no_args_is_help=True)
cli.add_typer(keys, name="keys")

Inputs = Annotated[
    list[Path], typer.Argument(metavar="FILE...|-", help="Plain text, .json or .ndjson/.jsonl; - is standard input.")
]


Identifier = Annotated[str, typer.Argument(metavar="ID", help="The visible beginning of the key: sp_ and eight letters.")]


class ScopeChoice(StrEnum):
    """As the domain has them; a test compares. Importing that here would load what `--help` does not need."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def main() -> None:
    try:
        cli()
    except Refusal as refusal:
        for line in str(refusal).splitlines():
            print(f"standpoint: {line}", file=sys.stderr)
        sys.exit(2)


def _command(name: str) -> Any:
    # Here, because some libraries start threads as soon as they are imported.
    memory.keep_together()
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
def annotate(
    inputs: Inputs,
    claim: Annotated[
        list[str] | None, typer.Option(help="A sentence that articles may agree or disagree with; may be given again.")
    ] = None,
) -> None:
    """Annotate articles, one JSON line each, without server or database.

    A JSON article is an object with text and, if there are any, title, language and targets; other fields are ignored.
    """
    raise typer.Exit(_command("annotate").annotate(inputs, claims=claim or ()))


@cli.command()
def demo() -> None:
    """Store the sample articles and print five requests to try."""
    _command("demo").demo()


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Whose it is, for people.")],
    scope: Annotated[ScopeChoice, typer.Option(help="read asks and annotates, write also stores and deletes, admin does all.")],
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="After which it is refused, as in 90d or 12h.")] = None,
) -> None:
    """Make a key and print it. It is not stored, so this is the only time."""
    _command("keys").create(name=name, scope=scope.value, expires=expires)


@keys.command("list")
def list_keys() -> None:
    """Show all keys, revoked ones too."""
    _command("keys").show()


@keys.command("rotate")
def rotate_key(
    identifier: Identifier,
    grace: Annotated[str, typer.Option(metavar="TIME", help="How long the old one is still taken.")] = "24h",
) -> None:
    """Make a key like this one and print it; the old one ends after a time of grace."""
    _command("keys").rotate(identifier, grace=grace)


@keys.command("revoke")
def revoke_key(identifier: Identifier) -> None:
    """Have a key refused from now on."""
    _command("keys").revoke(identifier)


@cli.command()
def openapi() -> None:
    """Print the contract of the HTTP API as OpenAPI 3.1."""
    _command("openapi").print_document()
