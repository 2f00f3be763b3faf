"""Names and texts, docs/protocol.md, sections 3 and 4."""

import re
import unicodedata


class ProtocolError(Exception):
    """Bytes or names that break the protocol."""


# Controls, separators and what reorders text.
UNSHOWABLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u2028\u2029"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])"
    r" *([.:].*)?",
    re.IGNORECASE | re.DOTALL,
)


def peer_name(text: str) -> str:
    """Returns the text where it is a peer name."""
    return _checked_text(text, 16)


def content_name(text: str) -> str:
    """Returns the text where it is a content name."""
    _checked_text(text, 822)
    if "\\" in text or text.startswith("/") or re.match("[A-Za-z]:", text):
        raise ProtocolError(f"Cannot use {text!r}: it is no relative path")
    for part in text.split("/"):
        if not 1 <= len(part.encode()) <= 255:
            raise ProtocolError(f"Cannot use {text!r}: a part has no length")
        if part.strip(". ") == "":
            raise ProtocolError(f"Cannot use {text!r}: {part!r} is a part")
        if DEVICE.fullmatch(part):
            raise ProtocolError(f"Cannot use {text!r}: {part!r} is a device")
    return text


def can_be_shown(text: str) -> bool:
    """Whether nothing in the text is obeyed by a terminal."""
    return not UNSHOWABLE.search(text)


def is_peer_state(name: str) -> bool:
    """Whether a file system might take a part for a peer's own folder."""
    visible = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return any(
        part.startswith(".peerdex") or part == "peerde~1"
        for part in visible.lower().split("/")
    )


def _checked_text(text: str, most: int) -> str:
    try:
        length = len(text.encode())
    except UnicodeEncodeError as error:
        raise ProtocolError(f"Cannot use {text!r}: {error}") from error
    if not 1 <= length <= most:
        raise ProtocolError(f"Cannot use {text!r}: 1 to {most} bytes are")
    if not can_be_shown(text):
        raise ProtocolError(f"Cannot use {text!r}: it cannot be shown")
    if unicodedata.normalize("NFC", text) != text:
        raise ProtocolError(f"Cannot use {text!r}: it is not in NFC")
    return text
