"""Spans, named after the rooms of the code. Without a collector they are nothing, and cost as much.

Attributes are names of this code, templates, versions, counts and ids of requests: never a text, a key or what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")
Value = str | int | float | bool

ENTRANCE = "api"
"""The room that every request enters by."""

STATEMENTS = "storage."
"""The room of steps on the database. Outside of any verb they are a worker that looks for work, twice a second."""


class Span(Protocol):
    def tell(self, name: str | None = None, **attributes: Value) -> None:
        """`name` is a new name for the span. In names of attributes a double underscore stands for a dot."""


class Tracer(Protocol):
    def span(self, name: str, *, parent: str | None) -> AbstractContextManager[Span]:
        """`parent` is a `traceparent` of W3C Trace Context; what cannot be read is none."""


class _Silence:
    def tell(self, name: str | None = None, **attributes: Value) -> None:
        pass

    def span(self, name: str, *, parent: str | None) -> AbstractContextManager[Span]:
        return _NOTHING


SILENCE = _Silence()
_NOTHING = nullcontext(SILENCE)
_tracer: Tracer = SILENCE


@contextmanager
def telling(tracer: Tracer) -> Iterator[None]:
    """One for the whole process, as its log is."""
    global _tracer
    before, _tracer = _tracer, tracer
    try:
        yield
    finally:
        _tracer = before


def span(name: str, *, parent: str | None = None) -> AbstractContextManager[Span]:
    return _tracer.span(name, parent=parent)


def spanned(work: Callable[Given, Coroutine[Any, Any, Result]]) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Each call is a span, as `services.submit` for `submit` in app/services/submit.py, or `services.fetch.article`."""
    name = place(work)

    @wraps(work)
    async def told(*given: Given.args, **named: Given.kwargs) -> Result:
        with span(name):
            return await work(*given, **named)

    return told


def place(work: Callable[..., Any]) -> str:
    """Where a function stands in app/."""
    module, name = work.__module__.removeprefix("app."), getattr(work, "__qualname__", type(work).__name__)
    return module if module.endswith(f".{name}") else f"{module}.{name}"
