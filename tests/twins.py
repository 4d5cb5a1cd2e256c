"""Honest twins of what is slow: they keep the same promises with no weights behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.domain.errors import UnsupportedLanguage
from app.domain.models import ModelDescription
from app.domain.values import (
    Annotation,
    ArticleText,
    CountryCode,
    Coverage,
    Evidence,
    Field,
    Judgement,
    Kind,
    Mention,
    Probabilities,
    Relation,
    Scores,
    Span,
    Stance,
    Voice,
)
from app.inference import validation

COUNTRIES = {
    "China": ("CN", Kind.NAME),
    "Chinese": ("CN", Kind.DEMONYM),
    "Beijing": ("CN", Kind.CAPITAL),
    "Kazakhstan": ("KZ", Kind.NAME),
    "Russia": ("RU", Kind.NAME),
    "Kremlin": ("RU", Kind.GOVERNMENT),
    "France": ("FR", Kind.NAME),
    "Germany": ("DE", Kind.NAME),
    "Belarus": ("BY", Kind.NAME),
    "Kenya": ("KE", Kind.NAME),
}
NAMES = {code: name for name, (code, kind) in COUNTRIES.items() if kind is Kind.NAME}
PRAISE = frozenset({"praised", "thanked", "hailed", "welcomed", "admired", "brave", "reliable", "generous"})
BLAME = frozenset({"condemned", "accused", "blamed", "attacked", "threatened", "reckless", "brutal", "corrupt"})
VERBS = {
    **dict.fromkeys(("praised", "thanked", "hailed", "welcomed"), Stance.FAVOR),
    **dict.fromkeys(("condemned", "accused", "blamed", "attacked", "threatened"), Stance.AGAINST),
}
SURE, LESS_SURE = 0.9, 0.6
"""Of a relation, where a country stands right behind the verb, and where other words come first."""
PROBABILITIES = {
    Stance.FAVOR: Probabilities(favor=0.8, neutral=0.15, against=0.05),
    Stance.NEUTRAL: Probabilities(favor=0.1, neutral=0.8, against=0.1),
    Stance.AGAINST: Probabilities(favor=0.05, neutral=0.15, against=0.8),
}
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")


class DictionaryAnnotator:
    """Knows ten words for countries. The last word of praise or blame before a mention is the stance toward it; a verb of praise
    or blame between two countries in one sentence is a relation."""

    version = "twin@000000000000"
    languages = frozenset({"en"})
    description = ModelDescription(version=version, languages=languages, size=0, calibrated=False)

    def __init__(self, *, limit: int = 200_000) -> None:
        self._limit = limit
        self.texts_read = 0

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        validation.check(text, limit=self._limit)
        if language not in (None, "und", *self.languages):
            raise UnsupportedLanguage(str(language), supported=self.languages, stated=True)
        self.texts_read += 1
        return Annotation(
            model=self.version,
            language=language or "en",
            coverage=Coverage(characters=len(text.title or "") + len(text.body), encoded_characters=len(text.body), passages=1),
            countries=tuple(sorted(_countries(text), key=lambda judgement: (-judgement.salience, judgement.country))),
            targets=tuple(_judgement(text, name, {name: None}) for name in dict.fromkeys(targets)),
            relations=tuple(sorted(relations(text), key=lambda relation: (-relation.probability, relation.source))),
        )

    def country_name(self, country: CountryCode) -> str:
        return NAMES.get(country, country)

    def healthy(self) -> bool:
        return True


def _countries(text: ArticleText) -> Iterator[Judgement]:
    for code, name in NAMES.items():
        words = {word: kind for word, (country, kind) in COUNTRIES.items() if country == code}
        judgement = _judgement(text, name, words, country=CountryCode(code))
        if judgement.mentions:
            yield judgement


def _judgement(
    text: ArticleText, name: str, words: Mapping[str, Kind | None], *, country: CountryCode | None = None
) -> Judgement:
    found = [*_found(Field.TITLE, text.title or "", words), *_found(Field.TEXT, text.body, words)]
    if not found:
        return Judgement(name=name, salience=0.0, stance=None, scores=None, mentions=(), evidence=())
    stance = _majority(mention.stance for mention, _ in found)
    return Judgement(
        name=name,
        salience=round(1 - 1 / (1 + len(found)), 4),
        stance=stance,
        scores=_scores(stance),
        mentions=tuple(mention for mention, _ in found),
        evidence=tuple(dict.fromkeys(sentence for mention, sentence in found if mention.stance is stance))[:5],
        country=country,
        author=_scores(stance),
    )


def relations(text: ArticleText) -> list[Relation]:
    """The strongest for each ordered pair and stance, of equals the first."""
    strongest: dict[tuple[str, str, Stance], Relation] = {}
    for field, part in ((Field.TITLE, text.title or ""), (Field.TEXT, text.body)):
        for sentence in _SENTENCE.finditer(part):
            for found in _relations(field, sentence):
                key = (found.source, found.target, found.stance)
                if key not in strongest or found.probability > strongest[key].probability:
                    strongest[key] = found
    return list(strongest.values())


def _relations(field: Field, sentence: re.Match[str]) -> Iterator[Relation]:
    """The last country named before a verb, and the first behind it."""
    source, stance, between = None, None, 0
    for word in re.findall(r"\w+", sentence.group()):
        if word in VERBS:
            stance, between = VERBS[word], 0
        elif word not in COUNTRIES:
            between += 1
        else:
            country = CountryCode(COUNTRIES[word][0])
            if source and stance and source != country:
                probability = LESS_SURE if between else SURE
                yield Relation(source, country, stance, probability, _evidence(field, sentence, stance, probability))
            source, stance = country, None


def _scores(stance: Stance) -> Scores:
    said = PROBABILITIES[stance]
    return Scores(said.favor, said.neutral, said.against)


def _found(field: Field, text: str, words: Mapping[str, Kind | None]) -> Iterator[tuple[Mention, Evidence]]:
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b")
    for sentence in _SENTENCE.finditer(text):
        for match in pattern.finditer(text, *sentence.span()):
            stance = _stance(text[sentence.start() : match.start()])
            span = Span(match.start(), match.end())
            mention = Mention(field, span, match.group(), words[match.group()], 1.0, stance, PROBABILITIES[stance], Voice.AUTHOR)
            yield mention, _evidence(field, sentence, stance, PROBABILITIES[stance].of(stance))


def _evidence(field: Field, sentence: re.Match[str], stance: Stance, score: float) -> Evidence:
    quote = sentence.group().strip()
    start = sentence.start() + sentence.group().index(quote)
    return Evidence(field, Span(start, start + len(quote)), quote, stance, score)


def _stance(before: str) -> Stance:
    for word in reversed(re.findall(r"\w+", before.lower())):
        if word in PRAISE:
            return Stance.FAVOR
        if word in BLAME:
            return Stance.AGAINST
    return Stance.NEUTRAL


def _majority(stances: Iterable[Stance]) -> Stance:
    found = list(stances)
    return max(dict.fromkeys(found), key=found.count)
