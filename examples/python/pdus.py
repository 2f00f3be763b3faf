"""PDUs, fields, messages and their continuations (sections 2, 3 and 6)."""

from __future__ import annotations

import struct
from types import SimpleNamespace as Message  # `type`, the fields, and `m`
from typing import Any, Callable, Iterator, Mapping, Sequence

import names
from names import Malformed

PDU, PAYLOAD = 101, 100
NAME, MORE_NAME = 54, 96  # bytes of a name in its field, and in an `n`


def _at_most(most: int) -> Callable[[int], int]:
    def check(value: int) -> int:
        if value > most:
            raise Malformed(f"{value} is over {most}")
        return value

    return check


# How fields of these names are read; all others are taken as they are.
READERS: dict[str, Callable[[Any], Any]] = {
    "peer": lambda data: names.check_peer_name(names.decode(data)),
    "name": lambda data: names.check_content_name_or_none(names.decode(data)),
    "filter": lambda data: names.check_filter(names.decode(data)),
    "agent": names.decode_caption,
    "text": names.decode_caption,
    "size": _at_most(2**44),
    "offset": _at_most(2**44),
    "modified": _at_most(8_640_000_000_000_000),
}


class Layout:
    """The fields of a payload, each with its format as in `struct`.

    Those of format `x` are unused; one of `54s` goes on in `n`. Those that
    it `needs` are not zero and not empty. `check` sees the whole message.
    """

    def __init__(
        self,
        fields: str,
        m: Layout | None = None,
        needs: str = "",
        check: Callable[[Message], None] = lambda message: None,
    ) -> None:
        pairs = [field.split() for field in fields.split(",")]
        self.struct = struct.Struct(">" + "".join(code for _, code in pairs))
        self.formats = {n: code for n, code in pairs if code[-1] != "x"}
        self.m, self.needs, self.check = m, needs.split(), check


def write(layouts: Mapping[str, Layout], message: Message) -> bytes:
    """A message as its PDUs end to end, `n` before `m`."""
    layout = layouts[message.type]
    payload, name = _encode(layout, message)
    rest = [
        b"n" + payload[:4] + name[at : at + MORE_NAME]
        for at in range(NAME, len(name), MORE_NAME)
    ]
    if layout.m and getattr(message, "m", None):
        rest.append(b"m" + payload[:4] + _encode(layout.m, message.m)[0])
    message.following = len(rest)  # which is a field of `D`
    head = message.type.encode() + _encode(layout, message)[0]
    pdus = [pdu.ljust(PDU, b"\0") for pdu in [head, *rest]]
    read(layouts, pdus)  # what it would refuse to read it does not send
    return b"".join(pdus)


def _encode(layout: Layout, message: Message) -> tuple[bytes, bytes]:
    """A payload, and all of a name that may be longer than its field."""
    values, name = [], b""
    for field, code in layout.formats.items():
        value: Any = getattr(message, field, b"" if code[-1] == "s" else 0)
        if isinstance(value, str):
            value = value.encode()
        if code == f"{NAME}s":
            name, value = value, value[:NAME]
        if code[-1] == "s" and len(value) > int(code[:-1]):
            raise Malformed(f"the {field} is too long")
        values.append(value)
    try:
        return layout.struct.pack(*values), name
    except struct.error as error:
        raise Malformed(str(error)) from None


def read(layouts: Mapping[str, Layout], pdus: Sequence[bytes]) -> Message:
    """The message of a head and the PDUs after it, in one of the layouts."""
    head = pdus[0]
    layout = layouts[head[:1].decode()]
    rest = [pdu for pdu in pdus[1:] if pdu[1:5] == head[1:5]]
    name = [pdu[5:] for pdu in rest if pdu[:1] == b"n"]
    metadata = [pdu[5:] for pdu in rest if pdu[:1] == b"m"]
    message = _decode(layout, head[1:], name)
    message.type, message.m = head[:1].decode(), None
    if layout.m and metadata:
        message.m = _decode(layout.m, metadata[0], [])
        layout.m.check(message.m)
    for field in layout.needs:
        if not getattr(message, field):
            raise Malformed(f"it has no {field}")
    layout.check(message)
    return message


def _decode(layout: Layout, payload: bytes, name: list[bytes]) -> Message:
    message = Message()
    for field, value in zip(layout.formats, layout.struct.unpack(payload)):
        for more in name if layout.formats[field] == f"{NAME}s" else []:
            if value.endswith(b"\0"):
                raise Malformed("a text goes on after its end")
            value += more
        reader = READERS.get(field)
        setattr(message, field, reader(value) if reader else value)
    return message


def split(datagram: bytes) -> Iterator[list[bytes]]:
    """The messages of a datagram, each as its PDUs (sections 6 and 7.1)."""
    if len(datagram) % PDU or not 1 <= len(datagram) // PDU <= 12:
        return
    message: list[bytes] = []
    for at in range(0, len(datagram), PDU):
        pdu = datagram[at : at + PDU]
        if message and not pdu[:1].islower():
            yield message
            message = []
        if message or pdu[:1].isupper():
            message.append(pdu)
    if message:
        yield message


def content_pdus(content: bytes) -> bytes:
    """Content as `C`, the last one padded (section 8.2)."""
    return b"".join(
        b"C" + content[at : at + PAYLOAD].ljust(PAYLOAD, b"\0")
        for at in range(0, len(content), PAYLOAD)
    )


def content_of(pdus: bytes, length: int) -> bytes:
    """The content in `C`, of which at most `length` bytes are content."""
    if pdus[::PDU].strip(b"C"):
        raise Malformed("something stands between the content")
    content = bytearray(pdus)
    del content[::PDU]
    return bytes(content[:length])
