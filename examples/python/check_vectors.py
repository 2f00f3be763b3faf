#!/usr/bin/env python3
"""Checks this client against the project's test vectors (section 15).

Every message is read, and written too unless no sender writes it or it has
a `k`, of which this client knows nothing. Addresses it only writes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable, Iterator

import digest
import names
import pdus
from index import address_text
from messages import (
    DOWNLOADS, GRANTS, PIN, REPLIES, REQUESTS, TO_THE_END, Code, Refused,
)
from names import Malformed
from pdus import Message, content_of, content_pdus

FOLDER = os.path.dirname(os.path.abspath(__file__))
DEFAULT = os.path.join(FOLDER, "../../docs/vectors.json")
LAYOUTS = {
    "request": REQUESTS, "reply": REPLIES, "download": DOWNLOADS,
    "grant": GRANTS,
}
FLAGS = {"goodbye": 1, "probe": 2, "visit": 4, "partial": 1}
BYTES = {"token", "address", "cursor", "digest"}
OF_A_KEY = {"signed", "key"}


def bytes_of(vector: list[Any]) -> list[bytes]:
    """The PDUs that a vector gives field by field."""
    made = []
    for pdu in vector:
        made.append(pdu["type"].encode())
        for _, width, digits, _ in pdu["fields"]:
            made[-1] += bytes.fromhex(digits).ljust(width, b"\0")
    return made


def message_of(vector: dict[str, Any], pins: bool = False) -> Message:
    """What a vector's `message` says, as this client has it."""
    message = Message()
    for key, value in vector.items():
        if key == "metadata":
            message.m = message_of(value)
        elif key == "digest" and pins:
            message.m = Message(digest=bytes.fromhex(value))
        elif key in FLAGS:
            message.flags = getattr(message, "flags", 0) | FLAGS[key] * value
        elif key == "error":
            message.code = Code[value]
        elif key == "retryAfter":
            message.retry_after = value
        elif key in BYTES:
            setattr(message, key, bytes.fromhex(value))
        elif key not in OF_A_KEY:
            setattr(message, key, TO_THE_END if value == "end" else value)
    return message


def fault_of(vector: dict[str, Any]) -> str:
    """What is wrong in reading or writing a message, or nothing."""
    given, says = bytes_of(vector["pdus"]), vector["message"]
    if vector["read"] == "content":
        content = bytes.fromhex(says["content"])
        if content_of(b"".join(given), says["length"]) != content:
            return "it is read as something else"
        written = content_pdus(content)
    else:
        layouts, kind = LAYOUTS[vector["read"]], vector["pdus"][0]["type"]
        pins = layouts[kind].m is PIN
        want = Message(type=kind, m=None, name="")
        vars(want).update(vars(message_of(says, pins)))
        got = pdus.read(layouts, given)
        want.following = getattr(got, "following", 0)  # not what it says
        if kind == "E":
            got.text = Refused(got.code, got.text).text
        if pins and got.m and not any(got.m.digest):
            got.m = None  # it pins nothing
        for field, value in vars(got).items():
            if value != getattr(want, field, None):
                return f"its {field} is read as {value}"
        if not vector.get("written", True) or OF_A_KEY & says.keys():
            return ""
        written = pdus.write(layouts, want)
    return "" if written == b"".join(given) else "it is written otherwise"


def refuses(check: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a check refuses something."""
    try:
        check(*arguments)
        return False
    except Malformed:
        return True


def check_content(vector: dict[str, Any]) -> bool:
    """Whether the digest and the hashes of a content are right."""
    size, exponent = vector["size"], vector["exponent"]
    data = bytes(at % 251 for at in range(size))
    blocks = (data[at:][: digest.BLOCK] for at in range(0, size, digest.BLOCK))
    hashes = list(digest.piece_hashes(blocks, size, exponent))
    found = digest.digest_of(hashes, exponent).hex()
    pieces = [one.hex() for one in hashes]
    return (found, pieces) == (vector["digest"], vector["pieces"])


def faults(vectors: dict[str, Any]) -> Iterator[str]:
    """Every fault, with the vector it is in."""
    given = {}
    for vector in vectors["messages"]:
        given[vector["title"]] = bytes_of(vector["pdus"])
        try:
            fault = fault_of(vector)
        except Malformed as error:
            fault = f"it is refused: {error}"
        if fault:
            yield f"{vector['title']}: {fault}"
    for vector in vectors["refused"]:
        layouts = LAYOUTS[vector["read"]]
        if not refuses(pdus.read, layouts, bytes_of(vector["pdus"])):
            yield f"{vector['title']}: it is not refused"
    for vector in vectors["datagrams"]:
        messages = [given[title] for title in vector["messages"]]
        parts = [bytes_of(vector.get("before", [])), *messages]
        if list(pdus.split(b"".join(sum(parts, [])))) != messages:
            yield f"{vector['title']}: it is not split into its messages"
    for taken in ("accepted", "dropped"):
        for length in vectors["datagramBytes"][taken]:
            if any(pdus.split(b"S" * length)) != (taken == "accepted"):
                yield f"a datagram of {length} bytes is not {taken}"
    for kind, check in (
        ("content", names.check_content_name), ("peer", names.check_peer_name)
    ):
        for name in vectors["names"][kind]["accepted"]:
            if refuses(check, name):
                yield f"the {kind} name {name!a} is not accepted"
        for name, why in vectors["names"][kind]["refused"]:
            if not refuses(check, name):
                yield f"the {kind} name {name!a} is not refused: {why}"
    for data, text in vectors["addresses"]["written"]:
        if address_text(bytes.fromhex(data)) != text:
            yield f"the address {text} is written as something else"
    for vector in vectors["contents"]:
        if not check_content(vector):
            yield f"a content of {vector['size']} bytes has another digest"


def main(path: str = DEFAULT) -> int:
    """Print every fault, and how many there are; the exit code."""
    try:
        with open(path, encoding="utf-8") as file:
            vectors = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit(f"check_vectors.py: {error}")
    found = list(faults(vectors))
    print(*found, f"{len(found)} faults", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
