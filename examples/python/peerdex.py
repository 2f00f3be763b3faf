#!/usr/bin/env python3
"""A minimal Peerdex client, from docs/protocol.md and the standard library."""

import argparse
import getpass
import os
import signal
import sys
import threading

import content_server
import download
import wire
from decode import Record
from index_client import IndexClient, Refused, Unreachable
from names import ProtocolError, content_name, is_peer_state, peer_name


def main() -> int:
    options = parse_options()
    host, _, port = options.index.rpartition(":")
    index = IndexClient(host.strip("[]"), int(port))
    try:
        return options.run(index, options)
    except (Refused, Unreachable, ProtocolError, OSError) as error:
        print(f"peerdex.py: {error}", file=sys.stderr)
        return 1
    finally:
        index.close()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--index", default="127.0.0.1:60000", metavar="HOST:PORT"
    )
    parser.add_argument(
        "--name", default=getpass.getuser()[:16], help="user name"
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser(
        "share", help="register files, and serve them"
    )
    command.add_argument("files", nargs="+")
    command.add_argument("--port", type=int, default=0)
    command.set_defaults(run=run_share)
    command = commands.add_parser("list", help="list what is on line")
    command.add_argument("filter", nargs="?", default="")
    command.set_defaults(run=run_list)
    command = commands.add_parser("search", help="list the sources of a name")
    command.add_argument("content")
    command.set_defaults(run=run_search)
    command = commands.add_parser("fetch", help="fetch and verify a content")
    command.add_argument("content")
    command.add_argument("--dir", default=".")
    command.set_defaults(run=run_fetch)
    return parser.parse_args()


def run_share(index: IndexClient, options: argparse.Namespace) -> int:
    peer = peer_name(options.name)
    everywhere = ("", options.port)
    with content_server.ContentServer(everywhere, index.family) as server:
        for file in options.files:
            name = content_name(os.path.basename(file))
            if is_peer_state(name):
                raise ProtocolError(f"Cannot share {name}: a peer's state")
            server.contents[name] = content_server.share(file)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        lease = index.hello(peer, server.port).lease
        register_all(index, peer, server)
        print(f"Serving on port {server.port}", flush=True)
        keep_alive(index, peer, server, lease, stop)
        index.hello(peer, server.port, goodbye=True)
        server.shutdown()
    return 0


def register_all(index: IndexClient, peer: str, server) -> None:
    for name, shared in server.contents.items():
        index.register(peer, name, server.port, shared.metadata)
        digest = shared.metadata.digest.hex()
        print(f"Registered {name}, {shared.metadata.size} bytes, {digest}")


def keep_alive(
    index: IndexClient, peer: str, server, lease: int, stop: threading.Event
) -> None:
    """Renews the lease, and registers again what the index has lost."""
    while not stop.wait(max(1, lease / 3)):
        try:
            ack = index.hello(peer, server.port)
            lease = ack.lease
            if ack.count < len(server.contents):
                register_all(index, peer, server)
        except (Refused, Unreachable) as error:
            print(f"peerdex.py: {error}", file=sys.stderr, flush=True)


def run_list(index: IndexClient, options: argparse.Namespace) -> int:
    entries = index.list(options.filter)
    for entry in entries:
        print(f"User: {entry.peer} file: {entry.name} ({entry.size} bytes)")
    if not entries:
        print("List Empty")
    return 0


def run_search(index: IndexClient, options: argparse.Namespace) -> int:
    metadata, sources = index.search(content_name(options.content))
    print(f"{options.content}, {metadata.size} bytes, {metadata.digest.hex()}")
    for source in sources:
        host, port = endpoint(index, source)
        print(f"User: {source.peer} at {host} port {port}")
    return 0


def run_fetch(index: IndexClient, options: argparse.Namespace) -> int:
    name = content_name(options.content)
    target = path_for(options.dir, name)
    metadata, sources = index.search(name)
    for source in sources:
        if source.metadata and source.metadata.partial:
            continue  # It has only some of the pieces; this client wants all.
        host, port = endpoint(index, source)
        try:
            download.fetch(
                (host, port), options.name, source, metadata, target
            )
        except (Refused, ProtocolError, OSError) as error:
            print(
                f"{source.peer} at {host} port {port}: {error}",
                file=sys.stderr,
            )
            continue
        print(f"Fetched {name} from {source.peer}, {metadata.size} bytes")
        return 0
    print(f"peerdex.py: nobody could deliver {name}", file=sys.stderr)
    return 1


def endpoint(index: IndexClient, source: Record) -> tuple:
    if source.address == wire.NO_ADDRESS:
        return index.host, source.port
    return wire.host_of(source.address), source.port


def path_for(folder: str, name: str) -> str:
    """Where a content goes: inside the folder, and nowhere else."""
    if is_peer_state(name):
        raise ProtocolError(f"Cannot write {name}: it is a peer's state")
    root = os.path.realpath(folder)
    target = os.path.realpath(os.path.join(root, *name.split("/")))
    if os.path.commonpath([root, target]) != root or target == root:
        raise ProtocolError(f"Cannot write {name}: it leads elsewhere")
    if os.path.exists(target):
        raise ProtocolError(f"Cannot write {target}: it is there already")
    return target


if __name__ == "__main__":
    sys.exit(main())
