"""The digest of a content, and the hashes of its pieces (section 9)."""

from __future__ import annotations

from hashlib import sha256
from typing import Iterable, Iterator

BLOCK = 16_384
HASH = 32
ZERO = bytes(HASH)  # stands for a block beyond the end of the content


def choose_exponent(size: int) -> int:
    """The smallest piece size with at most 4,096 pieces, or 16 MiB."""
    fitting = (e for e in range(18, 24) if size <= 4_096 << e)
    return next(fitting, 24)


def count_pieces(size: int, exponent: int) -> int:
    """How many pieces a content has."""
    return -(-size >> exponent)


def root(nodes: list[bytes], filler: bytes, width: int = 1) -> bytes:
    """The root over nodes, filled up to a power of two, at least `width`."""
    while width < len(nodes):
        width *= 2
    nodes = nodes + [filler] * (width - len(nodes))
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2])
        nodes = [sha256(left + right).digest() for left, right in pairs]
    return nodes[0]


def digest_of(hashes: list[bytes], exponent: int) -> bytes:
    """The digest of the content whose pieces have these hashes."""
    if not hashes:
        return sha256(b"").digest()
    return root(hashes, root([], ZERO, 1 << exponent >> 14))


def piece_hashes(
    blocks: Iterable[bytes], size: int, exponent: int
) -> Iterator[bytes]:
    """The hash of each piece of a content that comes in blocks of 16 KiB."""
    full = 1 << exponent >> 14
    width = full if count_pieces(size, exponent) > 1 else 1
    leaves: list[bytes] = []
    for block in blocks:
        leaves.append(sha256(block).digest())
        if len(leaves) == full:
            yield root(leaves, ZERO)
            leaves = []
    if leaves:
        yield root(leaves, ZERO, width)
