"""From anything raised to one problem. Registered once; no route catches anything itself.

What is registered are coroutines although none of them waits: plain functions would be sent to worker threads, and who is to be
refused would wait there behind all who are served.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from app import logs
from app.api import invalid, problems
from app.api.problems import Problem, ProblemError, ProblemType, RequestError
from app.domain import errors

log = logs.logger("standpoint.http")

UNAVAILABLE = (errors.StorageUnavailable, errors.EngineUnavailable)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def install(app: FastAPI) -> None:
    app.add_exception_handler(errors.StandpointError, from_fact)
    app.add_exception_handler(RequestError, from_fact)
    app.add_exception_handler(RequestValidationError, from_validation)
    app.add_exception_handler(HTTPException, from_routing)


async def from_fact(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.StandpointError | RequestError)
    return stated(request, error)


async def from_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = invalid.parts(error.errors(), known=getattr(request.scope.get("route"), "body_names", ()))
    detail = f"{len(found)} part{'s' * (len(found) > 1)} of the request cannot be used."
    return stated(request, RequestError(problems.INVALID_REQUEST, detail, *found))


async def from_routing(request: Request, error: Exception) -> Response:
    """What routing raises. Its `detail` is left out: it is Starlette's wording, not this contract's."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return stated(request, RequestError(problems.NOT_FOUND, "No route has this path."))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _method_not_allowed(request, ", ".join(allowed_methods(request)))
    return stated(request, RequestError(problems.BAD_REQUEST, HTTPStatus(error.status_code).phrase))


def stated(request: Request, error: errors.StandpointError | RequestError) -> Response:
    # A full queue is no fault: the line of the request tells of it, and `standpoint_queue_refused` counts. To say where it was
    # raised would cost more than all the rest of such an answer.
    if isinstance(error, UNAVAILABLE) and not isinstance(error, errors.EngineOverloaded):
        log.warning("unavailable", exc_info=error)
    return respond(describe(error, request_id=request.state.request_id), headers=_headers(error))


def internal_error(request: Request) -> Response:
    return stated(request, RequestError(problems.INTERNAL_ERROR, "An unexpected fault; the log has it under this instance."))


def misdirected(request: Request) -> Response:
    return stated(request, RequestError(problems.MISDIRECTED, "The Host of the request is not a name of this service."))


def describe(error: errors.StandpointError | RequestError, *, request_id: str) -> Problem:
    kind = _kind(error)
    return Problem(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail=error.detail if isinstance(error, RequestError) else str(error),
        instance=f"urn:request:{request_id}",
        errors=_parts_at_fault(error),
        article_id=error.article_id if isinstance(error, errors.ArticleConflict) else None,
    )


def respond(problem: Problem, *, headers: Mapping[str, str]) -> Response:
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status, media_type=problems.MEDIA_TYPE, headers=dict(headers))


def allowed_methods(request: Request) -> list[str]:
    """All of them: the router itself names only those of the first route with this path."""
    found = [method for method in METHODS if _is_served({**request.scope, "method": method})]
    return [*found, "HEAD"] if "GET" in found else found


def _is_served(scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].router.routes)


def _method_not_allowed(request: Request, allowed: str) -> Response:
    error = RequestError(problems.METHOD_NOT_ALLOWED, f"This path allows {allowed}.")
    return respond(describe(error, request_id=request.state.request_id), headers={"Allow": allowed})


def _kind(error: errors.StandpointError | RequestError) -> ProblemType:
    return error.kind if isinstance(error, RequestError) else problems.TABLE[type(error)]


def _parts_at_fault(error: errors.StandpointError | RequestError) -> list[ProblemError]:
    match error:
        case RequestError(found=found):
            return list(found)
        case errors.ArticleConflict(fields=fields):
            return [ProblemError(pointer=f"#/{field}", detail="differs from the stored article") for field in fields]
        case errors.InvalidText(field=field, detail=detail):
            return [ProblemError(pointer=f"#/{field}".rstrip("/"), detail=detail)]
        case errors.InvalidQuery(field=field, detail=detail):
            return [ProblemError(pointer=f"#/query/{field}", detail=detail)]
        case errors.UnknownCountry(field=field):
            return [ProblemError(pointer=f"#/query/{field}", detail="must be an ISO 3166-1 alpha-2 code in upper case, or XK")]
        case errors.ForbiddenAddress(detail=detail):
            return [ProblemError(pointer="#/url", detail=detail)]
        case errors.UnsupportedLanguage(stated=True):
            return [ProblemError(pointer="#/language", detail="is not a language of the model")]
        case _:
            return []


def _headers(error: Exception) -> dict[str, str]:
    # Retry-After is in whole seconds, and 0 would invite a client to try again at once.
    if isinstance(error, errors.AccessRefused):
        return {"WWW-Authenticate": _challenge(error)}
    if isinstance(error, errors.EngineUnavailable | errors.StorageUnavailable | errors.RateExceeded):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    return {}


def _challenge(error: errors.AccessRefused) -> str:
    """As RFC 6750 has it."""
    match error:
        case errors.InvalidKey():
            return 'Bearer realm="standpoint", error="invalid_token"'
        case errors.ScopeTooSmall(needed=needed):
            return f'Bearer realm="standpoint", error="insufficient_scope", scope="{needed}"'
        case _:
            return 'Bearer realm="standpoint"'
