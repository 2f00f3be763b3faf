"""The folder that downloads go to: nothing is written outside (section 4)."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from typing import BinaryIO, Iterator

from names import Malformed


def check_not_private(name: str) -> None:
    """Refuse what a file system might take for a peer's own `.peerdex`.

    Some ignore case or invisible characters, or have short names besides:
    only what can be seen of ASCII is compared.
    """
    for part in name.split("/"):
        seen = re.sub("[^!-~]", "", part).lower()
        if seen.startswith((".peerdex", "peerde~")):
            raise Malformed("this name is for a peer's own files")


def check_free(root: str, name: str) -> None:
    """Refuse a content name that cannot become a new file in the folder."""
    *folders, last = name.split("/")
    path = _check_folders(root, folders)
    _check_part(last)
    if os.path.lexists(os.path.join(path, last)):
        raise Malformed(f"{name} is there already")


def make_folder(root: str, name: str) -> None:
    """Make the empty folder of a name, unless it is there."""
    folders = name.rstrip("/").split("/")
    os.makedirs(_check_folders(root, folders), exist_ok=True)


def _check_part(part: str) -> None:
    check_not_private(part)
    if os.name == "nt" and re.search(r'[:*?"<>|]|[. ]$', part):
        raise Malformed("Windows has no such file names")


def _check_folders(root: str, folders: list[str]) -> str:
    """Where a folder is, or would be; none on the way is a link."""
    path = root
    for part in folders:
        _check_part(part)
        path = os.path.join(path, part)
        if os.path.lexists(path) and (
            os.path.islink(path) or not os.path.isdir(path)
        ):
            raise Malformed(f"{path} is no folder, or a link to one")
    return path


@contextlib.contextmanager
def new_file(root: str, name: str) -> Iterator[BinaryIO]:
    """A file under a private name, which gets its own if all goes well."""
    check_free(root, name)
    os.makedirs(root, exist_ok=True)
    private = os.path.join(root, f".fetch-{secrets.token_hex(8)}")
    path = os.path.join(root, *name.split("/"))
    try:
        with open(private, "xb") as file:
            yield file
        check_free(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb"):
            pass  # its name is taken: nothing that came meanwhile is lost
        os.replace(private, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(private)
