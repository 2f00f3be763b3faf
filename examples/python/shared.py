"""A file that is shared: what it is registered as (sections 4 and 9)."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

import digest
import folder
import names
from names import Malformed
from pdus import Message


class Changed(Exception):
    """The file is no longer the one that was registered."""


class SharedFile:
    """A file, its name, its metadata and the hashes of its pieces."""

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)
        self.name = names.composed(os.path.basename(self._path))
        folder.check_not_private(names.check_content_name(self.name))
        self._state = size, modified = _state(self._path)
        exponent = digest.choose_exponent(size)
        with open(self._path, "rb") as file:
            blocks = iter(lambda: file.read(digest.BLOCK), b"")
            self.hashes = list(digest.piece_hashes(blocks, size, exponent))
            if file.tell() != size or _state(self._path) != self._state:
                raise Malformed(f"{path} changes while it is read")
        self.metadata = Message(
            size=size,
            digest=digest.digest_of(self.hashes, exponent),
            exponent=exponent,
            modified=max(0, modified // 1_000_000),
        )

    def open(self) -> BinaryIO:
        """The file, unless its size or its time is another than it was.

        Bytes that were changed behind these are for the receiver to notice,
        which verifies every piece.
        """
        if _state(self._path) != self._state:
            raise Changed
        return open(self._path, "rb")


def _state(path: str) -> tuple[int, int]:
    """Size and modification time, in nanoseconds, of a file."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "It is no file", path)
    return status.st_size, status.st_mtime_ns
