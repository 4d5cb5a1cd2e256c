"""What is refused before anything is read."""

from __future__ import annotations

import pytest

from app.domain.errors import EmptyText, ForbiddenCharacter, TextTooLong
from app.domain.values import ArticleText
from app.inference import validation


@pytest.mark.parametrize("body", ["", " ", "\n\t\u2003"])
def test_a_text_of_white_space_is_refused(body: str) -> None:
    with pytest.raises(EmptyText):
        validation.check(ArticleText(body), limit=10)


@pytest.mark.parametrize("letter", ["\x00", "\ud800", "\udfff"])
def test_what_no_database_stores_is_refused_with_its_place(letter: str) -> None:
    with pytest.raises(ForbiddenCharacter) as refusal:
        validation.check(ArticleText(f"a😀{letter}"), limit=10)
    assert (refusal.value.field, refusal.value.position) == ("text", 2)
    with pytest.raises(ForbiddenCharacter) as refusal:
        validation.check(ArticleText("fine", title=letter), limit=10)
    assert refusal.value.field == "title"


def test_a_text_at_its_limit_is_read_and_one_letter_more_is_not() -> None:
    validation.check(ArticleText("😀" * 10), limit=10)
    with pytest.raises(TextTooLong) as refusal:
        validation.check(ArticleText("😀" * 11), limit=10)
    assert (refusal.value.length, refusal.value.limit) == (11, 10)


def test_an_empty_title_is_no_fault() -> None:
    validation.check(ArticleText("text", title=""), limit=10)


def test_an_empty_target_is_refused() -> None:
    with pytest.raises(EmptyText):
        validation.check_target(" ", limit=10)
