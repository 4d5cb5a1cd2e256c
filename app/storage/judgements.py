"""What an annotation says, as the JSON that is kept of it. Loading gives back what was dumped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.values import CountryCode, Evidence, Field, Judgement, Kind, Mention, Probabilities, Span, Stance, Voice


def dump(judgements: Sequence[Judgement]) -> list[dict[str, Any]]:
    return [_dump_judgement(judgement) for judgement in judgements]


def load(values: Sequence[dict[str, Any]]) -> tuple[Judgement, ...]:
    return tuple(_load_judgement(value) for value in values)


def dump_evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "field": evidence.field.value,
        "span": [evidence.span.start, evidence.span.end],
        "quote": evidence.quote,
        "stance": evidence.stance.value,
        "probability": evidence.probability,
    }


def load_evidence(value: dict[str, Any]) -> Evidence:
    return Evidence(
        field=Field(value["field"]),
        span=Span(*value["span"]),
        quote=value["quote"],
        stance=Stance(value["stance"]),
        probability=value["probability"],
    )


def _dump_judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "country": judgement.country,
        "name": judgement.name,
        "salience": judgement.salience,
        "stance": judgement.stance,
        "probabilities": _dump_probabilities(judgement.probabilities),
        "mentions": [_dump_mention(mention) for mention in judgement.mentions],
        "evidence": [dump_evidence(evidence) for evidence in judgement.evidence],
        "author": _dump_probabilities(judgement.author),
        "attributed": _dump_probabilities(judgement.attributed),
    }


def _load_judgement(value: dict[str, Any]) -> Judgement:
    return Judgement(
        country=value["country"] and CountryCode(value["country"]),
        name=value["name"],
        salience=value["salience"],
        stance=value["stance"] and Stance(value["stance"]),
        probabilities=_load_probabilities(value["probabilities"]),
        mentions=tuple(_load_mention(mention) for mention in value["mentions"]),
        evidence=tuple(load_evidence(evidence) for evidence in value["evidence"]),
        author=_load_probabilities(value["author"]),
        attributed=_load_probabilities(value["attributed"]),
    )


def _dump_mention(mention: Mention) -> dict[str, Any]:
    return {
        "field": mention.field.value,
        "span": [mention.span.start, mention.span.end],
        "quote": mention.quote,
        "kind": mention.kind,
        "probability": mention.probability,
        "stance": mention.stance.value,
        "probabilities": _dump_probabilities(mention.probabilities),
        "voice": mention.voice.value,
    }


def _load_mention(value: dict[str, Any]) -> Mention:
    return Mention(
        field=Field(value["field"]),
        span=Span(*value["span"]),
        quote=value["quote"],
        kind=value["kind"] and Kind(value["kind"]),
        probability=value["probability"],
        stance=Stance(value["stance"]),
        probabilities=Probabilities(*value["probabilities"]),
        voice=Voice(value["voice"]),
    )


def _dump_probabilities(probabilities: Probabilities | None) -> list[float] | None:
    return None if probabilities is None else [probabilities.favor, probabilities.neutral, probabilities.against]


def _load_probabilities(values: list[float] | None) -> Probabilities | None:
    return None if values is None else Probabilities(*values)
