"""The pair model as it is shipped."""

import asyncio
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from app.domain.claims import ClaimStance
from app.domain.errors import InvalidText
from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.claims.encoding import PairEncoder, PairRow
from app.inference.claims.folder import BUNDLED
from app.inference.claims.reader import TransformerClaimReader

REPORT = ArticleText(
    "Officials in Ulaanbaatar rejected the reports on Tuesday. The border with China is open and has been open all week, a"
    " spokesman said; stories of a closure are false, and nobody at the ministry knows where they come from.",
    "Mongolia denies that it closed its border",
)


@pytest.fixture(scope="module")
def reader(annotator: TransformerAnnotator) -> Iterator[TransformerClaimReader]:
    found = TransformerClaimReader(annotator)
    yield found
    found.close()


def test_a_denial_disagrees_and_is_quoted_word_for_word(reader: TransformerClaimReader) -> None:
    (verdict,) = asyncio.run(reader.judge(["Mongolia closed its border with China"], REPORT))
    assert verdict.stance is ClaimStance.DISAGREE
    first = verdict.evidence[0]
    whole = REPORT.title if first.field == "title" else REPORT.body
    assert whole is not None and whole[first.span.start : first.span.end] == first.quote


def test_an_answer_is_the_same_alone_and_among_others(reader: TransformerClaimReader) -> None:
    claims = [
        "Mongolia closed its border with China",
        "Goats eat paper",
        "A long claim about a border that is open",
    ]
    alone = [asyncio.run(reader.judge([claim], REPORT))[0] for claim in claims]
    assert list(asyncio.run(reader.judge(claims, REPORT))) == alone


class Scripted:
    """In the place of the loaded model: says the same of every passage, and remembers how many it was shown at a time."""

    encoder = PairEncoder(BUNDLED / "tokenizer.json")

    def __init__(self, *logits: float) -> None:
        self._said = np.array([*logits, 0, 0, 0, 0], dtype=np.float32)
        self.shown: list[int] = []

    async def logits(self, rows: Sequence[PairRow], *, bulk: bool) -> list[np.ndarray]:
        self.shown.append(len(rows))
        return [self._said] * len(rows)


WORDS = "Mongolia closed its border with China"
LONG = ArticleText("The weather was fine and so were we. " * 30 + f"{WORDS}. " + "Nobody had much to say about it. " * 30)


@pytest.mark.parametrize(
    ("claim", "logits", "shown", "passages"),
    [
        (WORDS, (0, 0, 0, 9), [1, 0], 1),
        (WORDS, (9, 0, 0, 0), [1, 2], 3),
        ("Goats eat paper", (0, 0, 0, 9), [1, 2], 3),
    ],
)
def test_reading_ends_after_the_best_passage_only_where_that_says_enough(
    annotator: TransformerAnnotator, claim: str, logits: tuple[float, ...], shown: list[int], passages: int
) -> None:
    reader, model = TransformerClaimReader(annotator), Scripted(*logits)
    reader._loaded = model  # type: ignore[assignment]
    (verdict,) = asyncio.run(reader.judge([claim], LONG))
    assert (model.shown, verdict.passages) == (shown, passages)


def test_a_claim_that_is_too_long_is_refused_by_name(reader: TransformerClaimReader) -> None:
    with pytest.raises(InvalidText, match="claims"):
        asyncio.run(reader.judge(["word " * 200], REPORT))


def test_a_vector_is_64_numbers_and_most_like_itself(reader: TransformerClaimReader) -> None:
    claim, other = "Mongolia closed its border", "The central bank of Brazil raised rates"
    border, bank = (asyncio.run(reader.vector(text)) for text in (claim, other))
    assert len(border) == 64
    assert reader.meant([border], border) == [[0]]
    numbers = np.stack([np.frombuffer(vector, dtype=np.int8).astype(int) for vector in (border, bank)])
    assert numbers[0] @ numbers[0] > 2 * numbers[0] @ numbers[1]


def test_the_second_look_holds_off_what_the_first_may_let_through(reader: TransformerClaimReader) -> None:
    other = (
        "The central bank of Brazil raised its main rate by half a point on Wednesday, the third such step this year. Its"
        " governor said that prices of food and fuel had grown faster than was hoped, and that more may follow before the summer."
    )
    own, bank, claim = (asyncio.run(reader.vector(text)) for text in (REPORT.title or "", other, "Mongolia closed its border"))
    claims = reader.asked(["Mongolia closed its border"], claim)
    assert list(reader.closer(claims, [0], REPORT, own)) == [0]
    assert list(reader.closer(claims, [0], ArticleText(other), bank)) == []


def test_without_a_claim_the_model_is_not_loaded(annotator: TransformerAnnotator) -> None:
    idle = TransformerClaimReader(annotator)
    assert idle.healthy()
    assert idle._loaded is None
    idle.close()
