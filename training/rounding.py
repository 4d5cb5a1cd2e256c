"""Round the encoder's products a layer at a time, each error made good by the weights that are rounded after it (GPTQ, Frantar
et al., ICLR 2023): `python -m training.rounding --data DATA --base BASE --weights average.pt --out rounded.pt --step 0.25`.

Rounding each weight to the nearest step forgets whatever training moved by less than half of one, and all errors of a column
add up. Here what a product says of real text is kept instead: by the second moments of its inputs on training text, read
through the layers that are rounded already. The result are weights on a grid, and each column's step, which training/export.py
stores as integers.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.batches import collate, padded
from training.data import Example
from training.linking_data import country_codes
from training.model import Reader
from training.train import load_tokenizer, training_examples

DAMPING = 0.01
"""Of the mean second moment, added to each input's own."""
BLOCK = 128
ROWS = 320
"""Passages of training text: some 20,000 tokens."""

Hidden = list[tuple[Tensor, Tensor, Tensor]]
"""Batches: token vectors [B, T, H], the mask that is added to attention, and the mask of tokens [B, T]."""


def rounded(weight: Tensor, moments: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """`weight` [out, in] on the grid of each output's own step [out]; `moments` [in, in] are sums of products of inputs.

    `step` is in standard deviations of an output's weights; integers reach from -127 to 127.
    """
    scale = torch.maximum(step * weight.std(1, unbiased=False), weight.abs().amax(1) / 127)
    scale[scale == 0] = 1
    inverse, order = _inverse(moments)
    left, found = weight[:, order].clone(), torch.empty_like(weight)
    for first in range(0, left.shape[1], BLOCK):
        last = min(first + BLOCK, left.shape[1])
        errors = torch.empty(left.shape[0], last - first)
        for column in range(first, last):
            value = left[:, column]
            grid = (value / scale).round().clamp(-127, 127) * scale
            found[:, column] = grid
            error = (value - grid) / inverse[column, column]
            left[:, column:last] -= error[:, None] * inverse[column, column:last]
            errors[:, column - first] = error
        left[:, last:] -= errors @ inverse[first:last, last:]
    return found[:, order.argsort()], scale


def _inverse(moments: Tensor) -> tuple[Tensor, Tensor]:
    """The upper factor of the inverse second moments, inputs in the order of falling moments, and that order."""
    diagonal = moments.diagonal()
    order = diagonal.argsort(descending=True)
    damped = moments[order][:, order].double()
    damped += torch.eye(len(damped), dtype=torch.double) * (DAMPING * float(diagonal.mean()))
    whole = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(whole, upper=True).float(), order


@torch.no_grad()
def round_encoder(reader: Reader, hidden: Hidden, step: float) -> dict[str, Tensor]:
    """Rounds the encoder's products in place. The steps [out] by the product's name."""
    encoder, steps = reader.encoder.encoder, {}
    for number, layer in enumerate(encoder.layer):
        attention = layer.attention.attn
        groups: Sequence[Mapping[str, nn.Linear]] = (
            {f"attention.attn.{part}": getattr(attention, part) for part in "qkv"},
            {"attention.attn.o": attention.o},
            {"intermediate.dense": layer.intermediate.dense},
            {"output.dense": layer.output.dense},
        )
        for group in groups:
            moments = _moments(encoder, layer, next(iter(group.values())), hidden)
            for name, product in group.items():
                product.weight.data, scale = rounded(product.weight.data, moments, step)
                steps[f"encoder.encoder.layer.{number}.{name}"] = scale
        hidden = [
            (after, mask, tokens) for after, (_, mask, tokens) in zip(_outputs(encoder, layer, hidden), hidden, strict=True)
        ]
        print(f"layer {number + 1} of {len(encoder.layer)}", flush=True)
    return steps


def _outputs(encoder: nn.Module, layer: nn.Module, hidden: Hidden) -> Iterator[Tensor]:
    for vectors, mask, _ in hidden:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = layer(vectors, mask, encoder.compute_position_bias(vectors))[0]
        yield found.float()


def _moments(encoder: nn.Module, layer: nn.Module, product: nn.Linear, hidden: Hidden) -> Tensor:
    """[in, in]: sums over real tokens of products of what comes into `product`."""
    found = torch.zeros(product.in_features, product.in_features)
    seen: list[Tensor] = []
    hook = product.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].float()))
    for (_, _, tokens), _ in zip(hidden, _outputs(encoder, layer, hidden), strict=True):
        real = seen.pop()[tokens > 0]
        found += real.T @ real
    hook.remove()
    return found


@torch.no_grad()
def embedded(reader: Reader, examples: Sequence[Example], base: Path) -> Hidden:
    """What comes into the first layer, in batches of similar length."""
    tokenizer, countries, found = load_tokenizer(base), country_codes(), []
    encoded = zip(examples, tokenizer.encode_batch([example.text for example in examples]), strict=True)
    ordered = sorted(encoded, key=padded)
    for first in range(0, len(ordered), 32):
        batch = collate(ordered[first : first + 32], countries=countries)
        if batch is None:
            continue
        ids, mask, marks = batch.inputs[:3]
        words = reader.encoder.get_input_embeddings()(ids) + marks[..., None] * reader.mark
        vectors = reader.encoder.embeddings(inputs_embeds=words)
        hidden = torch.zeros(mask.shape).masked_fill(mask == 0, -1e4)[:, None, None, :]
        found.append((vectors, hidden, mask))
    return found


def sample(data: Path, rows: int, seed: int = 13) -> list[Example]:
    """Training text of every sort; windows of LGL's articles are the longer ones."""
    return random.Random(seed).sample(training_examples(data), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument(
        "--weights", type=Path, required=True, help="a reader's weights, as training.train or training.restore wrote them"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--step", type=float, default=0.125, help="standard deviations of an output's weights")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    state = torch.load(arguments.weights)
    reader = Reader(arguments.base, countries=len(country_codes())).eval()
    # No training moves the word vectors: the base model has them in full, a shipped one only rounded.
    words = reader.encoder.get_input_embeddings().weight.clone()
    reader.load_state_dict(state)
    reader.encoder.get_input_embeddings().weight.data.copy_(words)
    hidden = embedded(reader, sample(arguments.data, arguments.rows), arguments.base)
    steps = round_encoder(reader, hidden, arguments.step)
    torch.save({"reader": reader.state_dict(), "steps": steps}, arguments.out)


if __name__ == "__main__":
    main()
