"""A graph whose weights are stored packed: `weights.bin.z`, beside a `model.onnx` that names them as its external data.

The weights are small integers, and a general entropy code needs some four bits for one (docs/decisions/0038). ONNX Runtime reads
external data by mapping a file, and lets go of what it has rearranged for its products; so they are unpacked to a file, which
costs less memory than handing them over in memory (measured: 294 instead of 491 MB after loading). The rest stays mapped, so that
the file has no name any more but keeps its place until the process ends: on a disk that is room, on a tmpfs it is memory.
"""

from __future__ import annotations

import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GRAPH, WEIGHTS, PACKED = "model.onnx", "weights.bin", "weights.bin.z"
_PIECE = 1 << 20


@contextmanager
def unpacked(folder: Path) -> Iterator[Path]:
    """The graph's path, for as long as the block lasts; with its weights beside it, if it has any.

    Unpacked weights take 50 to 120 MB in the directory for temporary files. Raises OSError where these cannot be written, and
    ValueError for a file that is not whole.
    """
    if not (folder / PACKED).exists():
        yield folder / GRAPH
        return
    with tempfile.TemporaryDirectory(prefix="standpoint-") as name:
        scratch = Path(name)
        shutil.copyfile(folder / GRAPH, scratch / GRAPH)
        unpack(folder / PACKED, scratch / WEIGHTS)
        yield scratch / GRAPH


def pack(source: Path, target: Path) -> None:
    """Huffman coding alone: weights do not repeat each other, so there is nothing else to find."""
    code = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    with source.open("rb") as given, target.open("wb") as packed:
        while piece := given.read(_PIECE):
            packed.write(code.compress(piece))
        packed.write(code.flush())


def unpack(source: Path, target: Path) -> None:
    """Piece by piece, so that nothing is held whole. Raises OSError, and ValueError for a file that is not whole."""
    code = zlib.decompressobj()
    try:
        with source.open("rb") as packed, target.open("wb") as plain:
            while piece := packed.read(_PIECE):
                plain.write(code.decompress(piece))
            plain.write(code.flush())
    except zlib.error as error:
        raise ValueError(f"{source.name} is not what it should be: {error}") from error
    if not code.eof:
        raise ValueError(f"{source.name} ends too soon")
