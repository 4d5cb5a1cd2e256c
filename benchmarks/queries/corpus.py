"""Articles with the skew of real ones, made from a seed. What is said of them is made up too: no model runs.

Words, outlets and countries follow Zipf's law; the archive grows over six years; one article in twenty is a slightly changed copy
of an earlier one, as news agencies cause them. Every quote is where it is said to be.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

import numpy

from app.api import country_codes
from app.domain.records import Submission
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
    PublicationTime,
    Scores,
    Span,
    Voice,
)

Made = tuple[Submission, Annotation]

MODEL = "generated@000000000001"
FIRST_DAY = date(2019, 1, 1)
DAYS = 6 * 365
COUNTRIES = 200
OUTLETS = 400
WORDS = 60_000
COPIED = 0.05
UNDATED = 0.02
RECENT = 2_000
"""How many articles back a copy is taken from: syndication happens within days."""

COUNT_OF_COUNTRIES = list(accumulate((0.06, 0.15, 0.21, 0.19, 0.14, 0.10, 0.07, 0.05, 0.03)))
"""Of 0 to 8 countries drawn for an article: 3.4 on average, and 3.0 once those drawn twice count once."""

ONSETS = [
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "sk",
    "st",
    "t",
    "tr",
]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
CODAS = ["n", "r", "s", "t", "l", "m", "nd", "rk", "st", "x"]


class Corpus:
    """`words[i]` is the word of rank i; so is every other list."""

    def __init__(self, *, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._numbers = numpy.random.default_rng(seed)
        self.words = _words(self._chance)
        self.names = [f"{word.capitalize()}land" for word in self._chance.sample(self.words[1_000:], COUNTRIES)]
        self.codes = [CountryCode(code) for code in self._chance.sample(sorted(country_codes.KNOWN), COUNTRIES)]
        self.outlets = [f"The {word.capitalize()} Herald" for word in self._chance.sample(self.words[1_000:], OUTLETS)]
        self._word_skew = _zipf(WORDS, 1.0)
        self._country_skew = _zipf(COUNTRIES, 0.9).tolist()
        self._outlet_skew = _zipf(OUTLETS, 0.8).tolist()
        self._recent: list[Made] = []

    def articles(self, count: int, *, first: int = 0) -> Iterator[Made]:
        """`first` is the number of the first, which is its `external_id`."""
        for number in range(first, first + count):
            made = self._copy(number) if self._recent and self._chance.random() < COPIED else self._original(number)
            self._remember(made)
            yield made

    def word_of_share(self, share: float) -> str:
        """A word that stands in about that share of articles."""
        occurrences = 230 * numpy.diff(self._word_skew, prepend=0.0)
        return self.words[int(numpy.searchsorted(-(1 - numpy.exp(-occurrences)), -share))]

    def _remember(self, made: Made) -> None:
        if len(self._recent) == RECENT:
            self._recent[self._chance.randrange(RECENT)] = made
        else:
            self._recent.append(made)

    def _original(self, number: int) -> Made:
        drawn = self._numbers.random(300)
        lengths = self._chance.randint(150, 300)
        words = [self.words[rank] for rank in numpy.searchsorted(self._word_skew, drawn[:lengths]).tolist()]
        countries = self._countries()
        sentences = _sentences(words, [self.names[rank] for rank in countries])
        text = ArticleText(body=" ".join(sentences), title=" ".join(words[-8:]).capitalize())
        said = self._annotation(text.body, sentences, countries)
        return self._submission(number, text), said

    def _copy(self, number: int) -> Made:
        """Another outlet prints it with a line of its own at the end, so that all offsets stay."""
        given, said = self._chance.choice(self._recent)
        text = ArticleText(body=f"{given.text.body} (Reporting by {self.words[number % 500]}.)", title=given.text.title)
        return self._submission(number, text), said

    def _submission(self, number: int, text: ArticleText) -> Submission:
        outlet = self.outlets[bisect(self._outlet_skew, self._chance.random())]
        return Submission(
            text=text,
            external_id=str(number),
            url=f"https://{outlet.split()[1].lower()}.example/{number}",
            publisher=outlet,
            published=self._published(),
            language="en",
        )

    def _published(self) -> PublicationTime | None:
        if self._chance.random() < UNDATED:
            return None
        # The square root makes the archive grow with the years.
        day = FIRST_DAY + timedelta(days=int(DAYS * self._chance.random() ** 0.5))
        if self._chance.random() < 0.5:
            return PublicationTime.at(day)
        return PublicationTime.at(datetime.combine(day, time(self._chance.randrange(24), self._chance.randrange(60)), UTC))

    def _countries(self) -> list[int]:
        drawn = self._chance.random()
        count = next((index for index, share in enumerate(COUNT_OF_COUNTRIES) if drawn < share), 8)
        return list(dict.fromkeys(bisect(self._country_skew, self._chance.random()) for _ in range(count)))

    def _annotation(self, body: str, sentences: Sequence[str], countries: Sequence[int]) -> Annotation:
        starts = [0, *accumulate(len(sentence) + 1 for sentence in sentences)]
        judged = [self._judgement(rank, place, starts[place], sentences[place]) for place, rank in enumerate(countries)]
        return Annotation(
            model=MODEL,
            language="en",
            coverage=Coverage(characters=len(body), encoded_characters=len(body), passages=1 + len(body) // 1_500),
            countries=tuple(sorted(judged, key=lambda judgement: -judgement.salience)),
        )

    def _judgement(self, rank: int, place: int, start: int, sentence: str) -> Judgement:
        chance = self._chance
        first, second, third = sorted((chance.random(), chance.random(), 1.0))
        probabilities = Probabilities(round(first, 4), round(second - first, 4), round(third - second, 4))
        # As in an article with one mention of a country, whose scores are those of the mention.
        scores = Scores(probabilities.favor, probabilities.neutral, probabilities.against)
        stance = scores.leading()
        name, voice = self.names[rank], Voice.AUTHOR if chance.random() < 0.7 else Voice.ATTRIBUTED
        mention = Mention(Field.TEXT, Span(start, start + len(name)), name, Kind.NAME, 0.97, stance, probabilities, voice)
        span = Span(start, start + len(sentence))
        return Judgement(
            name=name,
            salience=round(1 / (place + 1.5), 3),
            stance=scores.decided(),
            scores=scores,
            mentions=(mention,),
            evidence=(Evidence(Field.TEXT, span, sentence, stance, scores.of(stance)),),
            country=self.codes[rank],
            author=scores if voice is Voice.AUTHOR else None,
            attributed=scores if voice is Voice.ATTRIBUTED else None,
        )


def _zipf(size: int, exponent: float) -> numpy.ndarray:
    """Cumulative probabilities of the ranks 0 to `size` - 1. The last is a little above 1, so that every number finds one."""
    weights = 1.0 / numpy.arange(1, size + 1) ** exponent
    return numpy.cumsum(weights) / weights.sum() * (1 + 1e-9)


def _words(chance: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < WORDS:
        syllables = (chance.choice(ONSETS) + chance.choice(VOWELS) for _ in range(chance.choice((1, 2, 2, 3))))
        found["".join(syllables) + chance.choice(CODAS)] = None
    return list(found)


def _sentences(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """The first ones begin with the names, one each."""
    length = 18
    parts = [" ".join(words[start : start + length]) for start in range(0, len(words), length)]
    return [f"{name} {part}." for name, part in zip(names, parts, strict=False)] + [
        f"{part.capitalize()}." for part in parts[len(names) :]
    ]
