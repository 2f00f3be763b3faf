"""PDUs, messages and what they share, docs/protocol.md, sections 2 to 6."""

import ipaddress
import struct
from typing import NamedTuple

PDU_BYTES = 101
DATAGRAM_BYTES = 12 * PDU_BYTES
VERSION = 1
TO_THE_END = 2**64 - 1
NO_ADDRESS = bytes(16)
NO_CURSOR = bytes(16)

ERRORS = {
    1: ("MALFORMED", "The request could not be read"),
    2: ("UNSUPPORTED", "This kind of request is not supported"),
    3: ("VERSION", "This version of the protocol is not spoken here"),
    4: ("TOKEN", "The token is missing or too old"),
    5: ("SIGNATURE", "The signature does not fit the key"),
    6: ("FORBIDDEN", "This index is for its members only"),
    7: (
        "NAME_TAKEN",
        "File associated with another User --> Pick another user name",
    ),
    8: ("NOT_FOUND", "File does not exist"),
    9: ("FULL", "A limit on registrations is reached"),
    10: ("BUSY", "Too many requests"),
    11: ("UNAVAILABLE", "The store behind the index does not answer"),
    12: ("CHANGED", "The file is no longer the one that was asked for"),
    13: ("RANGE", "The file ends before what was asked for"),
    14: ("UNREADABLE", "The file cannot be read where it is shared"),
}
CODES = {name: code for code, (name, _) in ERRORS.items()}


class Metadata(NamedTuple):
    """What a content is."""

    size: int
    digest: bytes
    exponent: int
    modified: int = 0
    partial: bool = False


class Message:
    """A head and its continuations, section 6."""

    def __init__(self, pdus: bytes):
        self.type = pdus[:1].decode("latin-1")
        self.head = pdus[1:PDU_BYTES]
        self.transaction = struct.unpack_from(">I", self.head)[0]
        self._rest = [
            pdus[at : at + PDU_BYTES]
            for at in range(PDU_BYTES, len(pdus), PDU_BYTES)
        ]

    @property
    def is_whole(self) -> bool:
        """Whether as many continuations belong to this D as it says."""
        are_all = all(is_continuation(pdu[:1]) for pdu in self._rest)
        return are_all and self.head[23] <= len(self._rest)

    def continuations(self, kind: bytes) -> list:
        """The payloads of one type that belong to this message."""
        mark = kind + self.head[:4]
        return [pdu[1:] for pdu in self._rest if pdu.startswith(mark)]


def split_messages(pdus: bytes) -> list:
    """The messages of a datagram; what belongs to none is left out."""
    messages = []
    start = 0
    while start < len(pdus):
        end = start + PDU_BYTES
        while is_continuation(pdus[end : end + 1]):
            end += PDU_BYTES
        if not is_continuation(pdus[start : start + 1]):
            messages.append(Message(pdus[start:end]))
        start = end
    return messages


def is_continuation(kind: bytes) -> bool:
    return b"a" <= kind <= b"z"


def host_of(address: bytes) -> str:
    """The text of an address that is given."""
    ip = ipaddress.IPv6Address(address)
    return str(ip.ipv4_mapped or ip)
