"""Honest twins of what is slow: they keep the same promises with no weights behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance, ClaimVerdict
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
    or blame between two countries in one sentence is a relation. Praise anywhere is favor toward any target that is not named,
    where it judges `topics`."""

    version = "twin@000000000000"
    languages = frozenset({"en"})
    description = ModelDescription(version=version, languages=languages, size=0, calibrated=False)

    def __init__(self, *, limit: int = 200_000, topics: bool = False) -> None:
        self._limit, self._topics = limit, topics
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
            targets=tuple(self._target(text, name) for name in dict.fromkeys(targets)),
            relations=tuple(sorted(relations(text), key=lambda relation: (-relation.probability, relation.source))),
            vectors=b"".join(_vector(sentence.group()) for _, sentence in _sentences(text)),
        )

    def _target(self, text: ArticleText, name: str) -> Judgement:
        named = _judgement(text, name, {name: None})
        return named if named.mentions or not self._topics else _topic(text, name)

    def country_name(self, country: CountryCode) -> str:
        return NAMES.get(country, country)

    def healthy(self) -> bool:
        return True


class DictionaryReader:
    """A sentence is about a claim when it has enough of its words. Then a word of denial disagrees with it, and a word of doubt
    discusses it. The gate compares counts of words in buckets, so that it lets through all that have these words, and some more.
    """

    version = "twin-of-claims@000000000000"
    vectors_of = DictionaryAnnotator.version
    description = ModelDescription(version=version, languages=frozenset({"en"}), size=0, calibrated=False)

    def __init__(self, *, limit: int = 200_000) -> None:
        self._limit = limit
        self.read: list[tuple[str, str]] = []
        """Claim and body of every text that was read."""

    async def vector(self, claim: str, *, bulk: bool = False) -> bytes:
        validation.check(ArticleText(claim), limit=self._limit)
        return _vector(claim)

    def passing(self, claim: bytes, articles: Sequence[bytes]) -> Sequence[bool]:
        return [bool(places) for places in self.meant(articles, claim)]

    def meant(self, articles: Sequence[bytes], claims: bytes) -> Sequence[Sequence[int]]:
        each = list(_vectors(claims))
        return [[place for place, claim in enumerate(each) if _may_mean(claim, vectors)] for vectors in articles]

    def asked(self, claims: Sequence[str], vectors: bytes) -> Sequence[str]:
        return claims

    def closer(self, claims: Sequence[str], places: Sequence[int], text: ArticleText, vectors: bytes) -> Sequence[int]:
        """The same words must stand in the text themselves, and not only in their buckets."""
        words = _content(f"{text.title or ''} {text.body}")
        return [place for place in places if len(words & (own := _content(claims[place]))) >= SHARED * len(own)]

    async def judge(self, claims: Sequence[str], text: ArticleText, *, bulk: bool = False) -> Sequence[ClaimVerdict]:
        validation.check(text, limit=self._limit)
        self.read += [(claim, text.body) for claim in claims]
        return [_verdict(claim, text) for claim in claims]

    def healthy(self) -> bool:
        return True


VECTOR = 64
SHARED = 0.5
"""Of the words of a claim, those that a sentence needs to pass its gate."""

ABOUT = 0.7
"""Those that it needs to be about it."""

VERDICTS = {
    ClaimStance.AGREE: ClaimProbabilities(0.8, 0.05, 0.1, 0.05),
    ClaimStance.DISAGREE: ClaimProbabilities(0.05, 0.8, 0.1, 0.05),
    ClaimStance.DISCUSS: ClaimProbabilities(0.1, 0.05, 0.8, 0.05),
    ClaimStance.UNRELATED: ClaimProbabilities(0.02, 0.02, 0.06, 0.9),
}
DENIAL = re.compile(r"\b(denied|denies|deny|not|no|never|false|untrue|nonsense|dismissed|rejected)\b|n't\b")
DOUBT = re.compile(r"\b(reportedly|rumou?rs?|unconfirmed|alleged|whether|claims|unclear)\b")
_IDLE = frozenset({"the", "and", "was", "were", "has", "had", "have", "that", "there", "their", "its", "for", "with", "from"})


def _verdict(claim: str, text: ArticleText) -> ClaimVerdict:
    found = list(_sentences(text))
    evidence = [_claim_evidence(field, sentence) for field, sentence in found if _about(claim, sentence.group())]
    said = [each.stance for each in evidence]
    stance = max(dict.fromkeys(said), key=said.count) if said else ClaimStance.UNRELATED
    deciding = tuple(each for each in evidence if each.stance is stance)
    return ClaimVerdict(DictionaryReader.version, stance, VERDICTS[stance], deciding, len(found))


def _claim_evidence(field: Field, sentence: re.Match[str]) -> ClaimEvidence:
    words = sentence.group().lower()
    stance = ClaimStance.DISAGREE if DENIAL.search(words) else ClaimStance.DISCUSS if DOUBT.search(words) else ClaimStance.AGREE
    found = _evidence(field, sentence, Stance.NEUTRAL, 0.8)
    return ClaimEvidence(field, found.span, found.quote, stance, VERDICTS[stance].of(stance))


def _about(claim: str, sentence: str) -> bool:
    words = _content(claim)
    return bool(words) and len(words & _content(sentence)) >= ABOUT * len(words)


def _may_mean(claim: bytes, article: bytes) -> bool:
    """As many words, as far as buckets tell: two words in one bucket are one, in the claim too."""
    asked = sum(claim)
    shared = (sum(one for one, other in zip(claim, passage, strict=True) if other) for passage in _vectors(article))
    return asked > 0 and max(shared, default=0) >= SHARED * asked


def _vector(text: str) -> bytes:
    counts = [0] * VECTOR
    for word in _content(text):
        counts[sum(word.encode()) % VECTOR] += 1
    return bytes(min(127, count) for count in counts)


def _vectors(together: bytes) -> Iterator[bytes]:
    return (together[start : start + VECTOR] for start in range(0, len(together), VECTOR))


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in _IDLE}


def _sentences(text: ArticleText) -> Iterator[tuple[Field, re.Match[str]]]:
    for field, part in ((Field.TITLE, text.title or ""), (Field.TEXT, text.body)):
        yield from ((field, sentence) for sentence in _SENTENCE.finditer(part) if sentence.group().strip())


def _countries(text: ArticleText) -> Iterator[Judgement]:
    for code, name in NAMES.items():
        words = {word: kind for word, (country, kind) in COUNTRIES.items() if country == code}
        judgement = _judgement(text, name, words, country=CountryCode(code))
        if judgement.mentions:
            yield judgement


def _topic(text: ArticleText, name: str) -> Judgement:
    stance = Stance.FAVOR if PRAISE & set(text.body.split()) else Stance.NEUTRAL
    return Judgement(name=name, salience=0.0, stance=stance, scores=_scores(stance), mentions=(), evidence=())


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
