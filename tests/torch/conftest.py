"""A tiny classifier, made here, that has really learnt something: which word of praise or blame a sentence has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="make test-torch installs the torch extra")

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: E402
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast  # noqa: E402

from app.inference.batched import Options  # noqa: E402
from app.inference.pair_annotator import PairAnnotator  # noqa: E402

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = ["praised", "condemned", "visited", "Kenya", "Belarus", "France", "Germany", "Ada", "the", "for", "its", "courts", "."]
LABELS = {0: "negative", 1: "Neutral", 2: "positive"}
CUES = {"condemned": 0, "visited": 1, "praised": 2}
MAX_LENGTH = 48
STEPS, RATE = 300, 5e-3

Make = Callable[..., Path]


def tokenizer() -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.WordLevel({word: number for number, word in enumerate([*SPECIAL, *WORDS])}, unk_token="[UNK]"))
    inner.normalizer = normalizers.NFC()
    inner.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]", model_max_length=MAX_LENGTH)


def taught() -> BertForSequenceClassification:
    """By the gradient, from sentences that differ in their verb alone; the country is one of four."""
    torch.manual_seed(7)
    # So small a model only waits for the second thread.
    torch.set_num_threads(1)
    config = BertConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=MAX_LENGTH,
        # As wide as a learnt one: from the usual 0.02 so narrow a model takes a thousand steps to get going.
        initializer_range=0.2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=LABELS,
        label2id={name: number for number, name in LABELS.items()},
    )
    model, words = BertForSequenceClassification(config), tokenizer()
    pairs = [
        (f"{'the ' * fill}France {verb} {who} for its courts {'the ' * (2 - fill)}.", asked, label)
        for verb, label in CUES.items()
        for fill in (0, 1, 2)
        for who in WORDS[3:8]
        for asked in (who, "France")
    ]
    batch = words([text for text, _, _ in pairs], [who for _, who, _ in pairs], padding=True, return_tensors="pt")
    labels = torch.tensor([label for _, _, label in pairs])
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = model(**batch, labels=labels).loss
        loss.backward()
        optimizer.step()
    assert loss < 0.05
    return model.eval()


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Writes the classifier into a new folder, with changes of its configuration."""
    model = taught()

    def written(name: str = "tiny", **changes: object) -> Path:
        folder = tmp_path_factory.mktemp("models") / name
        before = {key: getattr(model.config, key) for key in changes}
        for key, value in changes.items():
            setattr(model.config, key, value)
        model.save_pretrained(folder)
        tokenizer().save_pretrained(folder)
        for key, value in before.items():
            setattr(model.config, key, value)
        return folder

    return written


@pytest.fixture(scope="session")
def pairs(make: Make) -> Iterator[PairAnnotator]:
    opened = PairAnnotator(str(make()), options=Options(threads=1))
    yield opened
    opened.close()
