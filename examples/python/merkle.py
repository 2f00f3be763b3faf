"""Digest and pieces of a content, docs/protocol.md, section 9."""

import hashlib

BLOCK_BYTES = 16 * 1024
EMPTY_DIGEST = hashlib.sha256().digest()


MIN_EXPONENT = 18
_DEPTH = MIN_EXPONENT - 14


class ContentHasher:
    """Takes a content bit by bit; keeps the hashes of its smallest pieces."""

    def __init__(self):
        self._leaves = []
        self._tail = b""
        self.size = 0
        self.pieces = []

    def update(self, data: bytes) -> None:
        self.size += len(data)
        data = self._tail + data
        whole = len(data) - len(data) % BLOCK_BYTES
        for at in range(0, whole, BLOCK_BYTES):
            self._add_leaf(data[at : at + BLOCK_BYTES])
        self._tail = data[whole:]

    def finish(self) -> bytes:
        """Returns the digest; `pieces` then has the hash of every piece."""
        if self.size == 0:
            return EMPTY_DIGEST
        if self._tail:
            self._add_leaf(self._tail)
        if not self.pieces:
            # At most one piece: its tree is as wide as its leaves need.
            digest = tree_root(self._leaves, bytes(32))
            self.pieces.append(digest)
            return digest
        if self._leaves:
            self._add_piece()
        return tree_root(self.pieces, zero_root(_DEPTH))

    def _add_leaf(self, block: bytes) -> None:
        if len(self._leaves) == 1 << _DEPTH:
            self._add_piece()
        self._leaves.append(hashlib.sha256(block).digest())

    def _add_piece(self) -> None:
        missing = (1 << _DEPTH) - len(self._leaves)
        self._leaves += [bytes(32)] * missing
        self.pieces.append(tree_root(self._leaves, bytes(32)))
        self._leaves = []


def tree_root(nodes: list, padding: bytes) -> bytes:
    """The root over nodes, with padding up to a power of two of them."""
    while len(nodes) > 1:
        if len(nodes) % 2:
            nodes = nodes + [padding]
        nodes = [
            hashlib.sha256(nodes[i] + nodes[i + 1]).digest()
            for i in range(0, len(nodes), 2)
        ]
        padding = hashlib.sha256(padding + padding).digest()
    return nodes[0]


def zero_root(depth: int) -> bytes:
    """The root of an all-zero tree of 2**depth leaves."""
    root = bytes(32)
    for _ in range(depth):
        root = hashlib.sha256(root + root).digest()
    return root


def piece_hashes(pieces: list, exponent: int) -> list:
    """The hashes of larger pieces, from those of 256 KiB."""
    for depth in range(_DEPTH, exponent - 14):
        if len(pieces) <= 1:
            break
        padded = pieces + [zero_root(depth)] * (len(pieces) % 2)
        pieces = [
            hashlib.sha256(padded[i] + padded[i + 1]).digest()
            for i in range(0, len(padded), 2)
        ]
    return pieces


def choose_exponent(size: int) -> int:
    """A piece size for a content: at most 4,096 pieces where that can be."""
    exponent = MIN_EXPONENT
    while exponent < 24 and size > 4096 << exponent:
        exponent += 1
    return exponent
