"""Structured logs on stderr: lines for a person on a terminal, JSON elsewhere. They never hold article text."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.settings import LogFormat, LogLevel

EXCEPTION_DEPTH = 20
"""Frames kept of a traceback: enough to reach from the framework into the project's own code."""


def configure(level: LogLevel, log_format: LogFormat) -> None:
    """Both structlog's loggers and those of the standard library (uvicorn, alembic) end up in the same form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_color_message,
        _where_it_was_raised,
    ]
    structlog.configure(
        # The first ends what nobody will read, before anything is made of it.
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    _handle(shared, _renderer(log_format), level)


class _Stderr(logging.Handler):
    """Looks stderr up for each line, because it can be replaced while the program runs."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


def _handle(shared: list[Processor], renderer: Processor, level: LogLevel) -> None:
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-2], structlog.stdlib.ExtraAdder(), *shared[-2:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # At every start it tells which database it sees, which says nothing to who reads the log of a service.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # It tells of every single chunk.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)


def _renderer(log_format: LogFormat) -> Processor:
    on_terminal = sys.stderr.isatty()
    if log_format is LogFormat.CONSOLE or (log_format is LogFormat.AUTO and on_terminal):
        return structlog.dev.ConsoleRenderer(colors=on_terminal)
    return structlog.processors.JSONRenderer()


def _without_color_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # uvicorn repeats its message with terminal colours in it.
    event.pop("color_message", None)
    return event


def _where_it_was_raised(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # The message of an exception may quote what was sent (SQL parameters, validation input), so type and frames must do.
    raised = event.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["error"] = " from ".join(causes(error))
        event["frames"] = frames(error.__traceback__)
    return event


def causes(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield f"{type(error).__module__}.{type(error).__qualname__}"
        error = error.__cause__


def frames(trace: TracebackType | None) -> list[str]:
    found = traceback.extract_tb(trace)[-EXCEPTION_DEPTH:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found]


def logger(name: str) -> Any:
    return structlog.get_logger(name)
