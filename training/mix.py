"""The average of two readers' weights, which are of one descent: `python -m training.mix A.pt B.pt --share 0.3 --out FILE`.

A "model soup" (Wortsman et al., ICML 2022): as fast as one of them, and often better than both, since what each has learnt by
chance is averaged away. `share` is that of the second, from 0 to 1; choose it on development data.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

Weights = dict[str, Tensor]


def mixed(first: Weights, second: Weights, share: float) -> Weights:
    """Raises ValueError for readers of different shapes."""
    if {name: value.shape for name, value in first.items()} != {name: value.shape for name, value in second.items()}:
        raise ValueError("the two readers do not have the same shape")
    return {name: value.lerp(second[name], share) if value.is_floating_point() else value for name, value in first.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--share", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(mixed(torch.load(arguments.first), torch.load(arguments.second), arguments.share), arguments.out)


if __name__ == "__main__":
    main()
