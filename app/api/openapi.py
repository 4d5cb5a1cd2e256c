"""The contract as OpenAPI 3.1.0. FastAPI makes most of it; here is what it cannot know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from app.api import caching, country_codes, deprecation, examples, openapi_schemas, responses, scopes
from app.api.caching import Policy
from app.api.problems import MEDIA_TYPE, Problem
from app.api.schemas_exports import LINES
from app.api.schemas_jobs import ImportRequest, JobEventResponse

TITLE = "Standpoint"
SUMMARY = "Which countries a news article is about, and what stance it takes toward each."
DESCRIPTION = """\
Article text goes in; one pass of a small transformer says which countries the article is about and whether it takes a stance in
favor of or against each of them, with the exact words as evidence. Annotations are stored, and lists answer over what is stored.

- Offsets are Unicode code points, half-open: `text[start:end] == quote`.
- Lists are pages `{items, next_cursor}`; the `Link` header with `rel="next"` has the address of the next one.
- Every answer that is not a success is an RFC 9457 problem with a stable `type`; the input is never repeated in it.
- Keys come as `Authorization: Bearer KEY` or `X-API-Key: KEY`. `RateLimit` says how many more requests the caller may make.
- `X-Request-ID` is taken over from the request, or made, and returned with every response.
"""

TAGS = [
    {"name": "annotations", "description": "What a model version says of a text: countries, stances, evidence."},
    {"name": "articles", "description": "Articles to be annotated and stored."},
    {"name": "corrections", "description": "What reviewers say. It wins over the model in every query until it is revoked."},
    {"name": "stances", "description": "The stances of stored articles toward countries, listed and counted."},
    {"name": "relations", "description": "Which country takes which side toward which other, listed and counted."},
    {"name": "exports", "description": "Everything that a filter finds, as one NDJSON, CSV or Parquet file."},
    {"name": "summaries", "description": "What is stored, counted by country, publisher and model version."},
    {"name": "claims", "description": "Propositions, and which articles agree with them, disagree, or discuss them."},
    {"name": "jobs", "description": "Articles by the thousand or million, and how far their annotation has come."},
    {"name": "webhooks", "description": "Calls to the caller's own server when a job ends."},
    {"name": "health", "description": "For supervisors and load balancers."},
]

REQUEST_ID = {
    "description": "The id of this request, as the log names it.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._~-]+$"},
    "example": examples.REQUEST_ID,
}
RETRY_AFTER = {
    "description": "Seconds to wait before trying again.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 3600},
}
CHALLENGE = {
    "description": "How to identify oneself, and what was wrong (RFC 6750).",
    "schema": {"type": "string", "maxLength": 200},
    "example": 'Bearer realm="standpoint", error="invalid_token"',
}
RATE_LIMIT = {
    "description": "Of which limit, how many requests are left (r) and after how many seconds all are (t).",
    "schema": {"type": "string", "maxLength": 200},
    "example": '"key";r=0;t=4',
}
RATE_LIMIT_POLICY = {
    "description": "The limit: so many requests (q) in so many seconds (w).",
    "schema": {"type": "string", "maxLength": 200},
    "example": '"key";q=200;w=4',
}
ETAG = {
    "description": "Names this very answer. Send it back as `If-None-Match`.",
    "schema": {"type": "string", "maxLength": 100},
}
HEADERS = {
    "RequestId": REQUEST_ID,
    "RetryAfter": RETRY_AFTER,
    "ETag": ETAG,
    "Challenge": CHALLENGE,
    "RateLimit": RATE_LIMIT,
    "RateLimitPolicy": RATE_LIMIT_POLICY,
}
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, as `standpoint keys create` printed it."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in a header of its own."},
}
# The empty choice is for a service without keys, which only its own machine can reach. It stands once and not at each operation,
# because a generator of Python clients takes a list at an operation to mean that nobody can call it without a key.
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}, {}]
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of an earlier answer; if it is still the right one, the answer is 304 without a body.",
    # Whatever it is: a list of tags is as long as the limit of headers lets it be, and what is no tag fits no answer.
    "schema": {"type": "string"},
}
COUNTRY_CODE = {
    "title": "CountryCode",
    "description": "ISO 3166-1 alpha-2, and XK for Kosovo.",
    "type": "string",
    "enum": sorted(country_codes.KNOWN),
}


def document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def text(app: FastAPI) -> str:
    """As it stands in openapi.json."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=TITLE,
        version=app.version,
        openapi_version="3.1.0",
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        # Relative, so that the page at /docs asks the server it came from.
        servers=[{"url": "/", "description": "The server that this document came from."}],
        contact={"name": "The Standpoint project"},
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
    )
    shared: dict[str, Any] = {}
    for method, path, operation in _operations(made):
        _secure(method, path, operation)
        for parameter in operation.get("parameters", []):
            parameter["schema"] = openapi_schemas.never_null(parameter["schema"])
        if caching.policy(operation["operationId"]) is Policy.REVALIDATED:
            _add_revalidation(operation)
        operation["responses"] = dict(sorted(operation["responses"].items()))
        for status, response in operation["responses"].items():
            _add_headers(status, response, limited=operation.get("security") != [])
            _share_examples(response, shared)
            openapi_schemas.restore_nulls(response.get("content", {}))
        deprecation.describe(operation)
    schemas = _schemas(made["components"]["schemas"])
    made["components"] |= {
        "schemas": schemas,
        "headers": {**HEADERS, **deprecation.HEADERS},
        "parameters": {"IfNoneMatch": IF_NONE_MATCH},
        "examples": dict(sorted(shared.items())),
        "securitySchemes": SECURITY_SCHEMES,
    }
    made["security"] = SECURITY
    openapi_schemas.refine(made)
    return _without_unused(made)


def _schemas(found: dict[str, Any]) -> dict[str, Any]:
    """With the models that no route has as its own."""
    said: tuple[type[BaseModel], ...] = (Problem, *LINES)
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in said]
    # As what is read, the data of an event is a text that holds JSON; as what is written pydantic would take the value for it.
    models += [(ImportRequest, "validation"), (JobEventResponse, "validation")]
    _, more = models_json_schema(models, ref_template="#/components/schemas/{model}")
    return dict(sorted({**more["$defs"], **found, "CountryCode": COUNTRY_CODE}.items()))


def _without_unused(made: dict[str, Any]) -> dict[str, Any]:
    """FastAPI also lists the domain values behind fields that have a schema of their own; and not every header is in use."""
    whole = json.dumps(made)
    for kind in ("schemas", "headers"):
        found = made["components"][kind]
        made["components"][kind] = {name: part for name, part in found.items() if f'#/components/{kind}/{name}"' in whole}
    return made


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in made["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _secure(method: str, path: str, operation: dict[str, Any]) -> None:
    """Says which scope the operation asks for, and how it refuses. What it accepts stands in the document's own `security`."""
    scope = scopes.needed(method.upper(), path)
    if scope is scopes.PUBLIC:
        operation["security"] = []
        return
    operation["description"] += f" Where keys are required, one of the scope `{scope}` or a wider one."
    for status, refusal in responses.failures(*examples.ACCESS).items():
        if status == 500:
            continue
        known = operation["responses"].setdefault(str(status), refusal)
        known["content"][MEDIA_TYPE]["examples"].update(refusal["content"][MEDIA_TYPE]["examples"])
        if refusal["description"] not in known["description"]:
            known["description"] += f" {refusal['description']}"


def _add_revalidation(operation: dict[str, Any]) -> None:
    tag = {"ETag": {"$ref": "#/components/headers/ETag"}}
    success = operation["responses"]["200"]
    success["headers"] = {**success.get("headers", {}), **tag}
    operation["responses"]["304"] = {"description": "The answer is still the one that the client has.", "headers": dict(tag)}
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})


def _add_headers(status: str, response: dict[str, Any], *, limited: bool) -> None:
    headers = response.setdefault("headers", {})
    headers["X-Request-ID"] = {"$ref": "#/components/headers/RequestId"}
    if status in ("429", "503"):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status in ("401", "403"):
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
    if limited:
        headers["RateLimit"] = {"$ref": "#/components/headers/RateLimit"}
        headers["RateLimit-Policy"] = {"$ref": "#/components/headers/RateLimitPolicy"}


def _share_examples(response: dict[str, Any], shared: dict[str, Any]) -> None:
    """The same problems stand at many operations; written out each time they would be most of the document."""
    problem = response.get("content", {}).get(MEDIA_TYPE, {"examples": {}})
    for name, example in problem["examples"].items():
        shared[name] = example
        problem["examples"][name] = {"$ref": f"#/components/examples/{name}"}
