#!/usr/bin/env python3
"""Checks wire.py and merkle.py against docs/vectors.json, section 15."""

import json
import os
import sys

import merkle
import wire
from decode import decode_download, decode_grant, decode_reply
from encode import (
    encode_content,
    encode_deregister,
    encode_download,
    encode_grant,
    encode_hello,
    encode_list,
    encode_register,
    encode_search,
)
from index_client import is_datagram_length
from names import ProtocolError, content_name, peer_name

VECTORS = os.path.join(os.path.dirname(__file__), "../../docs/vectors.json")


def main() -> int:
    with open(VECTORS, encoding="utf-8") as file:
        vectors = json.load(file)
    faults = [fault for check in CHECKS for fault in check(vectors)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(faults)} faults")
    return 1 if faults else 0


def check_read(vectors: dict):
    for vector in vectors["messages"]:
        if vector["read"] not in READERS:
            continue  # This client is no index.
        head = wire.Message(bytes_of(vector["pdus"]))
        found = READERS[vector["read"]](head)
        for key, expected in vector["message"].items():
            if key == "type":
                actual = head.type
            elif key == "error":
                actual = found.name
            else:
                actual = getattr(found, RENAMED.get(key, key))
            if as_json(actual, expected) != expected:
                yield f"{vector['title']}: {key} is {actual!r}"


def check_written(vectors: dict):
    for vector in vectors["messages"]:
        write = WRITERS.get((vector["read"], vector["pdus"][0]["type"]))
        if write is None or not vector.get("written", True):
            continue
        message = vector["message"]
        if "signed" in message or message.get("address", "0").strip("0"):
            continue  # This client has no key, and claims no address.
        if write(message) != bytes_of(vector["pdus"]):
            yield f"{vector['title']}: written otherwise"


def check_refused(vectors: dict):
    for vector in vectors["refused"]:
        if vector["read"] not in READERS:
            continue
        try:
            READERS[vector["read"]](wire.Message(bytes_of(vector["pdus"])))
        except ProtocolError:
            continue
        yield f"{vector['title']}: not refused, although {vector['why']}"


def check_datagrams(vectors: dict):
    pdus = {
        vector["title"]: bytes_of(vector["pdus"])
        for vector in vectors["messages"]
    }
    for vector in vectors["datagrams"]:
        datagram = bytes_of(vector.get("before", []))
        datagram += b"".join(pdus[title] for title in vector["messages"])
        heads = [message.head for message in wire.split_messages(datagram)]
        if heads != [pdus[title][1:101] for title in vector["messages"]]:
            yield f"{vector['title']}: split otherwise"
    for length in vectors["datagramBytes"]["accepted"]:
        if not is_datagram_length(length):
            yield f"a datagram of {length} bytes is dropped"
    for length in vectors["datagramBytes"]["dropped"]:
        if is_datagram_length(length):
            yield f"a datagram of {length} bytes is taken"


def check_names(vectors: dict):
    for kind, read in (("content", content_name), ("peer", peer_name)):
        for name in vectors["names"][kind]["accepted"]:
            try:
                read(name)
            except ProtocolError as error:
                yield f"{kind} name {name!r}: {error}"
        for name, why in vectors["names"][kind]["refused"]:
            try:
                read(name)
            except ProtocolError:
                continue
            yield f"{kind} name {name!r}: not refused, although {why}"


def check_contents(vectors: dict):
    for vector in vectors["contents"]:
        content = bytes(i % 251 for i in range(251)) * (
            vector["size"] // 251 + 1
        )
        hasher = merkle.ContentHasher()
        hasher.update(content[: vector["size"]])
        digest = hasher.finish()
        pieces = merkle.piece_hashes(hasher.pieces, vector["exponent"])
        if digest.hex() != vector["digest"]:
            yield f"a content of {vector['size']} bytes: another digest"
        if [piece.hex() for piece in pieces] != vector["pieces"]:
            yield f"a content of {vector['size']} bytes: other pieces"


def check_addresses(vectors: dict):
    for hexadecimal, text in vectors["addresses"]["written"]:
        found = wire.host_of(bytes.fromhex(hexadecimal))
        if found != text:
            yield f"address {text} is written {found}"


CHECKS = (
    check_read,
    check_written,
    check_refused,
    check_datagrams,
    check_names,
    check_contents,
    check_addresses,
)
READERS = {
    "reply": decode_reply,
    "download": decode_download,
    "grant": decode_grant,
}
RENAMED = {"retryAfter": "retry_after"}


def token(m: dict) -> bytes:
    return bytes.fromhex(m["token"])


def metadata(m: dict) -> wire.Metadata:
    fields = m["metadata"]
    return wire.Metadata(
        fields["size"],
        bytes.fromhex(fields["digest"]),
        fields["exponent"],
        fields["modified"],
        fields["partial"],
    )


WRITERS = {
    ("request", "H"): lambda m: encode_hello(
        m["transaction"],
        token(m),
        m["peer"],
        port=m["port"],
        goodbye=m["goodbye"],
        probe=m.get("probe", False),
        visit=m.get("visit", False),
        lease=m["lease"],
        agent=m["agent"],
    ),
    ("request", "R"): lambda m: encode_register(
        m["transaction"],
        token(m),
        m["peer"],
        m["name"],
        m["port"],
        metadata(m),
    ),
    ("request", "T"): lambda m: encode_deregister(
        m["transaction"], token(m), m["peer"], m["name"]
    ),
    ("request", "S"): lambda m: encode_search(
        m["transaction"],
        token(m),
        m.get("name", ""),
        bytes.fromhex(m.get("digest", "")),
    ),
    ("request", "O"): lambda m: encode_list(
        m["transaction"],
        token(m),
        bytes.fromhex(m["cursor"]),
        m["filter"],
        m["pages"],
    ),
    ("download", "D"): lambda m: encode_download(
        m["transaction"],
        m["peer"],
        m["name"],
        offset=m["offset"],
        length=wire.TO_THE_END if m["length"] == "end" else m["length"],
        kind=m["kind"],
        exponent=m["exponent"],
        digest=bytes.fromhex(m.get("digest", "")),
    ),
    ("grant", "A"): lambda m: encode_grant(
        m["transaction"], m["length"], metadata(m)
    ),
    ("content", "C"): lambda m: encode_content(bytes.fromhex(m["content"])),
}


def bytes_of(pdus: list) -> bytes:
    return b"".join(
        pdu["type"].encode()
        + b"".join(
            bytes.fromhex(field).ljust(width, b"\0")
            for _, width, field, _ in pdu["fields"]
        )
        for pdu in pdus
    )


def as_json(value, expected):
    """A value of ours as the vectors write it."""
    if isinstance(value, wire.Metadata):
        return {**value._asdict(), "digest": value.digest.hex()}
    if isinstance(value, bytes):
        return value.hex()
    return "end" if value == wire.TO_THE_END else value


if __name__ == "__main__":
    sys.exit(main())
