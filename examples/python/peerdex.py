#!/usr/bin/env python3
"""A small client of the Peerdex protocol: share, list, search, fetch."""

from __future__ import annotations

import argparse
import getpass
import io
import signal
import sys
import time
from typing import Any, Callable, NoReturn

import client
import folder
import names
from index import Index
from messages import GOODBYE, Refused
from names import Malformed
from pdus import Message
from server import Server
from shared import SharedFile

PORT = 60000  # of an index (section 7.1)
FAILURES = (OSError, ValueError, Refused, client.WrongContent)


def share(index: Index, options: argparse.Namespace) -> None:
    """Serve files, and keep them registered, until a signal (7.3 to 7.5)."""
    files: dict[str, SharedFile] = {}
    for path in options.files:
        file = SharedFile(path)
        if file.name in files:
            raise Malformed(f"two files have the name {file.name}")
        files[file.name] = file
    peer, port = options.name, Server(files, options.port).port
    lease = index.hello(peer, port).lease
    try:
        for name, file in files.items():
            index.register(peer, port, name, file.metadata)
            print(f"Registered {described(name, file.metadata)}", flush=True)
        print(f"Serving on port {port}", flush=True)
        while True:
            time.sleep(max(1.0, lease / 3))
            answer = attempt(index.hello, peer, port)
            lease = answer.lease if answer else lease
            if answer and answer.count < len(files):  # the index lost some
                for name, file in files.items():
                    attempt(index.register, peer, port, name, file.metadata)
    except KeyboardInterrupt:
        pass
    finally:
        attempt(index.hello, peer, port, GOODBYE)


def list_all(index: Index, options: argparse.Namespace) -> None:
    """Show what is on line (7.7)."""
    entries, text = index.list_all(names.composed(options.filter))
    for entry in entries:
        print(f"User: {entry.peer} file: {entry.name} ({entry.size} bytes)")
    if not entries:
        print(text or "List Empty")


def search(index: Index, options: argparse.Namespace) -> None:
    """Show what a name means and who has it (7.6)."""
    metadata, sources = index.search(options.content)
    print(described(options.content, metadata))
    for source in sources:
        print(f"User: {placed(index, source)}")


def fetch(index: Index, options: argparse.Namespace) -> None:
    """Fetch a content from the first source that delivers it (8, 9)."""
    name = options.content
    want, sources = index.search(name)
    if name.endswith("/"):  # an empty folder, of which nobody has any bytes
        folder.make_folder(options.dir, name)
        print(f"Made {name}")
        return
    with folder.new_file(options.dir, name) as file:
        for source in sources:
            file.seek(0)
            file.truncate()
            host, port = index.host_of(source), source.port
            try:
                client.fetch(host, port, options.name, name, want, file)
                break
            except FAILURES as error:
                warn(f"{placed(index, source)}: {reason(error)}")
        else:
            raise Malformed(f"nobody could deliver {name}")
    print(f"Fetched {name} from {source.peer}, {want.size} bytes")


def described(name: str, metadata: Message) -> str:
    """A content, for people."""
    return f"{name}, {metadata.size} bytes, {metadata.digest.hex()}"


def placed(index: Index, source: Message) -> str:
    """A source, for people."""
    return f"{source.peer} at {index.host_of(source)} port {source.port}"


def reason(error: BaseException) -> str:
    """Why something failed, for people."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    return where + error.strerror


def warn(text: str) -> None:
    """Write a line for people, apart from the results."""
    print(names.HIDDEN.sub("?", text), file=sys.stderr, flush=True)


def attempt(call: Callable[..., Any], *arguments: Any) -> Any:
    """What the call returns, or None after saying why it failed."""
    try:
        return call(*arguments)
    except FAILURES as error:
        warn(f"peerdex.py: {reason(error)}")
        return None


def endpoint(text: str) -> tuple[str, int]:
    """HOST, HOST:PORT, IPV6 or [IPV6]:PORT."""
    host, _, digits = text.rpartition(":")
    if not host or (":" in host and not host.endswith("]")):
        return text.strip("[]"), PORT
    return host.strip("[]"), port_number(digits)


def port_number(text: str) -> int:
    """A port, or 0 for any."""
    if not 0 <= int(text) <= 65_535:
        raise ValueError
    return int(text)


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"peerdex.py: {message}\n")


def read_options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = Parser(prog="peerdex.py", description=__doc__)
    parser.add_argument(
        "--index", type=endpoint, default=f"127.0.0.1:{PORT}",
        metavar="HOST:PORT", help="the index (default: %(default)s)",
    )
    parser.add_argument(
        "--name", default=getpass.getuser(), metavar="USER",
        help="your user name (default: %(default)s)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("share", help="serve files")
    command.add_argument("files", nargs="+", metavar="FILE")
    command.add_argument("--port", type=port_number, default=0)
    command.set_defaults(run=share)
    command = commands.add_parser("list", help="show what is on line")
    command.add_argument("filter", nargs="?", default="", metavar="FILTER")
    command.set_defaults(run=list_all)
    command = commands.add_parser("search", help="show who has a file")
    command.add_argument("content", metavar="NAME")
    command.set_defaults(run=search)
    command = commands.add_parser("fetch", help="download a file")
    command.add_argument("content", metavar="NAME")
    command.add_argument("--dir", default=".")
    command.set_defaults(run=fetch)
    return parser.parse_args()


def main() -> int:
    """Do what the command line asks for; the exit code."""
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = read_options()
    try:
        options.name = names.check_peer_name(names.composed(options.name))
        if "content" in options:
            name = names.composed(options.content)
            options.content = names.check_content_name(name)
        options.run(Index(*options.index), options)
        return 0
    except FAILURES as error:
        warn(f"peerdex.py: {reason(error)}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
