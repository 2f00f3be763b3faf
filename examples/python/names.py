"""Texts and names: what may be read, written and shown (sections 3, 4)."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 822  # bytes, of a content name and of a filter (section 12)
# Controls, separators, and characters that reorder the text around them.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *([.:].*)?",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)


class Malformed(ValueError):
    """Something that breaks a rule of sections 3 to 6."""


def decode(padded: bytes) -> str:
    """The text of a field: UTF-8, and NUL at its end alone."""
    text = padded.rstrip(b"\0")
    if b"\0" in text:
        raise Malformed("something follows the end of a text")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise Malformed("a text is not UTF-8") from None


def decode_caption(padded: bytes) -> str:
    """A text for people, left out where it cannot be read or shown."""
    try:
        return check_shown(decode(padded))
    except Malformed:
        return ""


def composed(text: str) -> str:
    """The text in NFC, as a sender puts it."""
    return unicodedata.normalize("NFC", text)


def check_shown(text: str) -> str:
    """Return a text that can be shown."""
    if HIDDEN.search(text):
        raise Malformed("it holds a character that cannot be shown")
    return text


def check_filter(words: str) -> str:
    """Return the filter of a list (section 7.7)."""
    _check_length(words, 0, LONGEST_NAME)
    return check_shown(words)


def check_peer_name(name: str) -> str:
    """Return a peer name."""
    _check_length(name, 1, 16)
    if composed(name) != name:
        raise Malformed("a name is in NFC")
    return check_shown(name)


def check_content_name(name: str) -> str:
    """Return a content name (section 4, rules 1 to 8)."""
    _check_length(name, 1, LONGEST_NAME)
    if composed(name) != name:
        raise Malformed("a name is in NFC")
    if "\\" in name or re.match("/|[A-Za-z]:", name):
        raise Malformed("a file's name is a relative path without backslash")
    for part in re.sub("/$", "", name).split("/"):
        _check_length(part, 1, 255)
        if not part.strip(". "):
            raise Malformed("a part of a file's name is dots and spaces")
        if DEVICE.fullmatch(part):
            raise Malformed("a part of a file's name is a Windows device")
    return check_shown(name)


def check_content_name_or_none(name: str) -> str:
    """Return a content name, or the empty text of a search by digest."""
    return check_content_name(name) if name else name


def _check_length(text: str, least: int, most: int) -> None:
    length = len(text.encode(errors="surrogatepass"))
    if not least <= length <= most:
        raise Malformed(f"a name of {least} to {most} bytes has {length}")
