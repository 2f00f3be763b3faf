"""The layouts of section 5 and the errors of section 10.

`k` is left out: this client has no key, and looks at none.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256

from names import Malformed
from pdus import Layout, Message

VERSION = 1
TO_THE_END = 2**64 - 1  # the length of a `D` that asks for all
GOODBYE, PROBE, VISIT = 1, 2, 4  # flags of `H`
PARTIAL = 1  # flag of `m`
NOTHING = sha256(b"").digest()  # the digest of no bytes (section 9)


class Code(IntEnum):
    """The codes of `E`, with their texts."""

    text: str

    def __new__(cls, value: int, text: str) -> Code:
        code = int.__new__(cls, value)
        code._value_, code.text = value, text
        return code

    MALFORMED = 1, "The request could not be read"
    UNSUPPORTED = 2, "This kind of request is not supported"
    VERSION = 3, "This version of the protocol is not spoken here"
    TOKEN = 4, "The token is missing or too old"
    SIGNATURE = 5, "The signature does not fit the key"
    FORBIDDEN = 6, "This index is for its members only"
    NAME_TAKEN = (
        7, "File associated with another User --> Pick another user name"
    )
    NOT_FOUND = 8, "File does not exist"
    FULL = 9, "A limit on registrations is reached"
    BUSY = 10, "Too many requests"
    UNAVAILABLE = 11, "The store behind the index does not answer"
    CHANGED = 12, "The file is no longer the one that was asked for"
    RANGE = 13, "The file ends before what was asked for"
    UNREADABLE = 14, "The file cannot be read where it is shared"


class Refused(Exception):
    """A request that is, or was, answered with `E`."""

    def __init__(self, code: int, caption: str = "") -> None:
        texts = {known.value: known.text for known in Code}
        self.text = caption or texts.get(code, f"Error {code}")
        self.code = code
        super().__init__(self.text)


def _check_hello(hello: Message) -> None:
    hello.flags &= GOODBYE | PROBE | VISIT  # a reader ignores all others


def _check_metadata(metadata: Message) -> None:
    metadata.flags &= PARTIAL
    if not 18 <= metadata.exponent <= 24:
        raise Malformed("a piece has 2^18 to 2^24 bytes")
    if metadata.size > 2**20 << metadata.exponent:
        raise Malformed("a content has at most 2^20 pieces")


def _check_register(register: Message) -> None:
    m = register.m
    if register.name.endswith("/") and (
        m.size or m.flags & PARTIAL or m.digest != NOTHING
    ):
        raise Malformed("an empty folder has no content")


def _check_record(record: Message) -> None:
    if record.name.endswith("/") and record.size:
        raise Malformed("an empty folder has no bytes")


def _check_search(search: Message) -> None:
    if not search.name and not (search.m and any(search.m.digest)):
        raise Malformed("a search has a name or a digest")


METADATA = Layout(  # after the transaction, which is that of the head
    "size Q, digest 32s, exponent B, flags B, modified Q, reserved 46x",
    check=_check_metadata,
)
PIN = Layout("size 8x, digest 32s, unused 56x")
REQUESTS = {
    "H": Layout(
        "transaction I, token 8s, address 16s, port H, peer 16s, version B, "
        "flags B, lease H, agent 50s",
        check=_check_hello,
    ),
    "R": Layout(
        "transaction I, token 8s, address 16x, port H, peer 16s, name 54s",
        METADATA,
        needs="port name m",
        check=_check_register,
    ),
    "T": Layout(
        "transaction I, token 8s, address 16x, port 2x, peer 16s, name 54s",
        needs="name",
    ),
    "S": Layout(
        "transaction I, token 8s, address 16x, port 2x, peer 16x, name 54s",
        PIN,
        check=_check_search,
    ),
    "O": Layout(
        "transaction I, token 8s, cursor 16s, pages H, peer 16x, filter 54s"
    ),
}
_ERROR = Layout("transaction I, token 8s, code H, retry_after H, text 84s")
_RECORD = "transaction I, size Q, address 16s, port H, peer 16s, name 54s"
REPLIES = {
    "A": Layout(
        "transaction I, token 8s, address 16s, port H, lease H, count I, "
        "cursor 16s, text 48s",
        METADATA,
    ),
    "E": _ERROR,
    "S": Layout(_RECORD, METADATA, needs="port name", check=_check_record),
    "O": Layout(_RECORD, needs="port name", check=_check_record),
}
DOWNLOADS = {
    "D": Layout(
        "transaction I, offset Q, length Q, kind B, exponent B, version B, "
        "following B, reserved 6x, peer 16s, name 54s",
        PIN,
        needs="name",
    ),
}
GRANTS = {
    "A": Layout("transaction I, length Q, unused 88x", METADATA, needs="m"),
    "E": _ERROR,
}
