"""English is never refused by mistake; other languages are, once there is enough of them to tell."""

from __future__ import annotations

import socket

import pytest

from app.domain.errors import UnsupportedLanguage
from app.inference.languages import UNDETERMINED, detect, language_of

ENGLISH = frozenset({"en"})
OTHERS = {
    "de": "Der Bundeskanzler kritisierte am Dienstag die Haltung der ungarischen Regierung zu den neuen Sanktionen.",
    "fr": "Le président a déclaré mardi que la France continuerait de soutenir l'Ukraine aussi longtemps que nécessaire.",
    "es": "El gobierno español anunció el lunes que reforzará la cooperación con Marruecos en materia de migración.",
    "ru": "Президент заявил во вторник, что переговоры с Казахстаном о поставках газа почти завершены.",
    "zh": "外交部发言人周二表示，中国愿同哈萨克斯坦加强各领域合作，推动两国关系不断向前发展，造福两国人民，维护地区和平与稳定。",
    "ar": "أعلنت وزارة الخارجية يوم الثلاثاء أن مصر ترحب باتفاق وقف إطلاق النار وتدعو جميع الأطراف إلى الالتزام به.",
    "tr": "Dışişleri Bakanlığı salı günü yaptığı açıklamada Yunanistan ile görüşmelerin önümüzdeki ay başlayacağını duyurdu.",
    "pt": "O ministro afirmou na terça-feira que o Brasil não vai apoiar novas sanções contra a Venezuela neste momento.",
}
ALWAYS_READ = [
    "Germany praised France on Monday while condemning Belarus for its treatment of protesters.",
    "CHINA SLAMS JAPAN OVER RELEASE OF WATER FROM FUKUSHIMA, SOUTH KOREA STAYS SILENT",
    "Ukraine, Belarus, Kazakhstan, Kyrgyzstan, Uzbekistan, Tajikistan, Turkmenistan, Moldova, Georgia, Armenia, Azerbaijan",
    "Xi Jinping, Kassym-Jomart Tokayev, Vladimir Putin, Emmanuel Macron, Olaf Scholz, Giorgia Meloni, Pedro Sánchez",
    "Putin in Minsk",
    "Macron à Berlin",
    "São Paulo, Brasília, Rio de Janeiro",
    "“Nous sommes prêts,” said the French minister, and “c'est fini” was all that his colleague in Berlin would add to it.",
    "The Bundesverfassungsgericht ruled on Tuesday that the Bundesnachrichtendienst had exceeded its powers.",
    "12 345 678 — 2024/05/06 (€ 1.2 m) 😀😀😀",
    "lol gg wp",
    "a" * 500,
    "😀" * 500,
    "   \n\t ",
]


@pytest.mark.parametrize("code", OTHERS)
def test_plain_prose_in_another_language_is_recognised_and_refused(code: str) -> None:
    with pytest.raises(UnsupportedLanguage) as refusal:
        language_of(OTHERS[code], stated=None, supported=ENGLISH)
    assert (refusal.value.language, refusal.value.stated) == (code, False)


@pytest.mark.parametrize("text", ALWAYS_READ)
def test_english_and_what_nobody_can_tell_is_read(text: str) -> None:
    assert language_of(text, stated=None, supported=ENGLISH) in ("en", UNDETERMINED)


def test_english_prose_is_called_english() -> None:
    assert detect(ALWAYS_READ[0]) == detect(ALWAYS_READ[1]) == "en"


def test_a_foreign_boilerplate_line_does_not_speak_for_an_english_article() -> None:
    assert detect(OTHERS["de"] + "\n\n" + ALWAYS_READ[0] * 30) == "en"


@pytest.mark.parametrize("stated", ["en", "EN", "en-GB", "en_US"])
def test_a_stated_language_is_believed(stated: str) -> None:
    assert language_of(OTHERS["de"], stated=stated, supported=ENGLISH) == "en"


def test_a_stated_language_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(UnsupportedLanguage) as refusal:
        language_of(ALWAYS_READ[0], stated="de-AT", supported=ENGLISH)
    assert (refusal.value.language, refusal.value.stated) == ("de", True)


def test_stated_as_undetermined_is_read() -> None:
    assert language_of(ALWAYS_READ[0], stated="und", supported=ENGLISH) == UNDETERMINED


def test_detection_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("no connection is to be made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert detect(OTHERS["fr"]) == "fr"
