"""The parameters of a query that are declared as a model, read in one step.

FastAPI looks at the type and the names of every field of such a model anew with each request, which took half of the time of an
empty page. It still describes them in the contract.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeGuard, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = type[BaseModel]
Pairs = Iterable[tuple[str, str]]


class Parameters:
    """Of one operation. `names` are those of the query, and whether each may be repeated."""

    def __init__(self, dependant: Dependant) -> None:
        self.names = dict(_named(dependant))
        self._models = tuple(dict.fromkeys(_models(dependant)))
        self.dependant = _taking(dependant)
        """As FastAPI shall solve it: models of parameters are taken from what `read` left."""

    def read(self, request: Request, pairs: Pairs) -> None:
        """Raises RequestValidationError, which names all that is wrong with the query."""
        values = self._values(pairs)
        found, errors = {}, []
        for model in self._models:
            try:
                found[model] = model.model_validate(values)
            except ValidationError as error:
                errors += [{**each, "loc": ("query", *each["loc"])} for each in error.errors(include_url=False)]
        if errors:
            raise RequestValidationError(errors)
        request.state.parameters = found

    def _values(self, pairs: Pairs) -> Mapping[str, str | list[str]]:
        values: dict[str, Any] = {}
        for name, value in pairs:
            if self.names.get(name):
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        return values


def _taking(dependant: Dependant) -> Dependant:
    models = [field for field in dependant.query_params if _is_model(field.field_info.annotation)]
    taken = [_from_state(field.name, field.field_info.annotation) for field in models]
    return replace(
        dependant,
        query_params=[field for field in dependant.query_params if field not in models],
        dependencies=[*map(_taking, dependant.dependencies), *taken],
    )


def _from_state(name: str, model: Any) -> Dependant:
    return Dependant(call=_getter(model), name=name, request_param_name="request", use_cache=False)


def _getter(model: Model) -> Callable[[Request], Awaitable[BaseModel]]:
    async def taken(request: Request) -> BaseModel:
        return request.state.parameters[model]  # type: ignore[no-any-return]

    return taken


def _models(dependant: Dependant) -> Iterator[Model]:
    yield from (annotation for field in dependant.query_params if _is_model(annotation := field.field_info.annotation))
    for inner in dependant.dependencies:
        yield from _models(inner)


def _named(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Of every query parameter, those in models and in dependencies too."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if _is_model(annotation):
            yield from ((info.alias or name, _repeated(info.annotation)) for name, info in annotation.model_fields.items())
        else:
            yield field.alias, _repeated(annotation)
    for inner in dependant.dependencies:
        yield from _named(inner)


def _repeated(annotation: Any) -> bool:
    return get_origin(annotation) is list


def _is_model(annotation: Any) -> TypeGuard[Model]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
