"""One frozen Settings, read from STANDPOINT_* variables. Every limit has a sentence that says why that number."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.refusal import Refusal

PREFIX = "STANDPOINT_"


class WrongSetting(Refusal):
    """A line for each wrong variable, for a person at a terminal."""


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def number(self) -> int:
        """As the standard library has it."""
        return logging.getLevelNamesMapping()[self.upper()]


class LogFormat(StrEnum):
    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _each(fits: Callable[[str], bool], form: str) -> AfterValidator:
    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(fits, values)):
            raise PydanticCustomError("form", f"must be {form}, separated by commas")
        return values

    return AfterValidator(check)


def _is_network(value: str) -> bool:
    try:
        ip_network(value)
    except ValueError:
        return False
    return True


def _is_origin(value: str) -> bool:
    return re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", value) is not None


def _is_host(value: str) -> bool:
    return re.fullmatch(r"(\*\.)?[a-z0-9][a-z0-9.-]*|\[[0-9a-f:]+\]", value) is not None


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[Listed, _each(_is_origin, "origins such as https://app.example.org, in lower case and without a path")]
Hosts = Annotated[
    Listed, _each(_is_host, "host names such as api.example.org or *.example.org, in lower case and without a port")
]
Networks = Annotated[Listed, _each(_is_network, "IP addresses or networks such as 10.0.0.0/8")]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on. Any but loopback needs a key (`standpoint keys create`) or one of the next two.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes any free one and logs it.")
    bootstrap_key: Annotated[str, Field(min_length=32, max_length=200, pattern="^[A-Za-z0-9._~+/=-]+$")] | None = Field(
        default=None,
        repr=False,
        description=(
            "A key of the scope `admin` that stands in no database, for a first start where nobody can type: 32 random "
            "characters or more (`openssl rand -hex 32`), fewer could be guessed."
        ),
    )
    allow_anonymous: bool = Field(
        default=False,
        description="Lets everybody in who can reach the address, to read, write and delete. The log warns of it at every start.",
    )
    key_refresh_seconds: float = Field(
        default=2.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description=(
            "For how long keys are remembered: a revoked key is refused after 2 s at the latest, and a busy service reads its "
            "keys only every other second."
        ),
    )
    key_rate: float = Field(
        default=50.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
        description=(
            "Requests a second that one key may make, four seconds' worth of them at once. 50 are more than two cores annotate; "
            "0 is no limit."
        ),
    )
    address_rate: float = Field(
        default=5.0,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
        description=(
            "The same for one address (one /64 of IPv6) without a valid key, wrong keys included. 5 are enough for a person; "
            "0 is no limit. None holds on loopback without keys."
        ),
    )
    rate_url: str | None = Field(
        default=None,
        repr=False,
        description="`redis://HOST` where replicas count these together (extra `redis`). Without it each counts for itself.",
    )
    database_url: str = Field(
        default="sqlite:///standpoint.db",
        min_length=1,
        repr=False,
        description=(
            "`sqlite:///FILE` (migrated at start) or `postgresql://USER:PASSWORD@HOST/NAME` (by `standpoint migrate` only). "
            "By default a file in the working directory."
        ),
    )
    model: str = Field(
        default="standpoint-en",
        min_length=1,
        description=(
            "The model that annotates: the name of a bundled one, a folder that holds one, or `hf:` and the name or folder of a "
            "Hugging Face sequence-pair classifier (needs the `torch` extra)."
        ),
    )
    claims: bool = Field(
        default=True,
        description=(
            "Whether claims are read, where a model for them goes with `STANDPOINT_MODEL`. `false` saves the memory of that "
            "model; what was read stays, and articles that come in wait until somebody reads them."
        ),
    )
    allowed_origins: Origins = Field(
        default=(),
        description=(
            "Origins whose pages may call this API from a browser (CORS), such as `https://app.example.org`. None by default: "
            "a page that happens to be open shall not read what this service stores."
        ),
    )
    trusted_hosts: Hosts = Field(
        default=(),
        description=(
            "Names under which this service is called, such as `api.example.org` or `*.example.org`; requests for others are "
            "refused. None means any, since only you know the names."
        ),
    )
    trusted_proxies: Networks = Field(
        default=(),
        description=(
            "Addresses or networks of the proxies in front, such as `10.0.0.0/8`. Only from these are `X-Forwarded-For` and "
            "`X-Forwarded-Proto` believed, because anybody else can write them too."
        ),
    )
    text_limit: int = Field(
        default=200_000,
        ge=1,
        le=2_000_000,
        description=(
            "Characters in one text. 200,000 is a short book, about 40 times a long news article; longer texts would outlast the "
            "deadline of a synchronous answer."
        ),
    )
    body_limit: int = Field(
        default=4_194_304,
        ge=1_024,
        le=268_435_456,
        description=(
            "Bytes in one request body. A text at its limit takes 2.4 MB where JSON escapes every character as a surrogate pair "
            "(12 bytes); 4 MiB leaves room for the other fields."
        ),
    )
    header_limit: int = Field(
        default=32_768,
        ge=1_024,
        le=1_048_576,
        description="Bytes of address and headers of one request. 32 KiB is what nginx takes; all countries in a query are 3 KB.",
    )
    connection_limit: int = Field(
        default=900,
        ge=1,
        le=1_000_000,
        description="Open connections. A process commonly may have 1,024 files; 900 leave room for the database's.",
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days after which a stored article is deleted with everything derived from it; looked after every hour. "
        "Without it nothing is, because nobody else can bring it back.",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Threads for inference; each encodes a batch of its own. 0 takes one for each core this process may use: "
        "more only wait for each other.",
    )
    queue_limit: int = Field(
        default=256,
        ge=1,
        le=100_000,
        description=(
            "Requests that may wait for inference. 256 short articles are seconds of work on two cores; a longer queue only "
            "turns refusals into missed deadlines."
        ),
    )
    deadline_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="How long a request may wait for inference. 30 s is below the 60 s after which proxies commonly give up.",
    )
    shutdown_seconds: int = Field(
        default=25,
        ge=1,
        le=3600,
        description="How long accepted requests may go on after SIGTERM. 25 s is below the 30 s after which Kubernetes kills.",
    )
    bulk_work: bool = Field(
        default=True,
        description="Whether `serve` also annotates bulk work; `false` leaves it to `standpoint worker`, here or elsewhere.",
    )
    import_limit: int = Field(
        default=8_589_934_592,
        ge=1_024,
        le=2**53 - 1,
        description=(
            "Bytes in one import, decompressed. A million articles of 4 kB are 4 GB; 8 GiB leave room for longer ones. Memory "
            "does not grow with it."
        ),
    )
    import_seconds: int = Field(
        default=3600,
        ge=1,
        le=86_400,
        description=(
            "How long one upload may take. A million articles take some minutes; in an hour they also come through 10 Mbit/s. "
            "Longer ones are resumed with their Idempotency-Key."
        ),
    )
    webhook_private: bool = Field(
        default=False,
        description=(
            "Whether webhooks may call private and loopback addresses. Not by default: who registers one could reach what only "
            "this network reaches."
        ),
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="The least severe line that is logged.")
    log_format: LogFormat = Field(
        default=LogFormat.AUTO, description="`json`, `console`, or `auto`: `console` on a terminal, `json` elsewhere."
    )


def load() -> Settings:
    """Raises WrongSetting for a bad value and for a STANDPOINT_* name that means nothing, which is most often a typing error."""
    problems = [problem for name in sorted(os.environ) if (problem := _unknown(name))]
    try:
        settings = Settings()
    except ValidationError as error:
        raise WrongSetting("\n".join([*problems, *_problems(error)])) from None
    if problems:
        raise WrongSetting("\n".join(problems))
    return settings


def collector() -> dict[str, str]:
    """The variables that OpenTelemetry itself reads, since collectors are named by them in every service of a place."""
    return {name: value for name, value in os.environ.items() if name.startswith("OTEL_") and value}


def variables() -> list[str]:
    return [PREFIX + name.upper() for name in Settings.model_fields]


def table() -> str:
    """All settings as the Markdown table that the README shows."""
    rows = [
        f"| `{variable}` | {_shown(field.get_default())} | {field.description} |"
        for variable, field in zip(variables(), Settings.model_fields.values(), strict=True)
    ]
    return "\n".join(["| variable | default | what it is, and why that number |", "|---|---|---|", *rows])


def _shown(default: object) -> str:
    if default is None or default == ():
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _unknown(name: str) -> str | None:
    if not name.upper().startswith(PREFIX) or name.upper() in variables():
        return None
    near = get_close_matches(name.upper()[:80], variables(), n=1)
    return f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "")


def _problems(error: ValidationError) -> Iterator[str]:
    # The value stays out of the message: a database URL holds a password.
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        yield f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
