"""A small IMAP server for tests: one folder, spoken to over a real socket (RFC 3501)."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Folder:
    """What lies in the mailbox, by UID."""

    port: int = 0
    password: str = "secret"
    letters: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    #: Closes the connection when a letter is to be marked: the worst moment to fail.
    drops_when_marking: bool = False
    #: UIDs of letters that the server does not give out.
    withheld: set[int] = field(default_factory=set)

    def put(self, content: bytes) -> int:
        uid = len(self.letters) + 1
        self.letters[uid] = content
        return uid


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        folder: Folder = self.server.folder  # type: ignore[attr-defined]
        self.wfile.write(b"* OK here\r\n")
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            tag, _, asked = line.partition(" ")
            if not self._answer(folder, tag, asked):
                return

    def _answer(self, folder: Folder, tag: str, asked: str) -> bool:
        said, ok = b"", True
        word = asked.upper()
        if word.startswith("CAPABILITY"):
            said = b"* CAPABILITY IMAP4rev1\r\n"
        elif word.startswith("LOGIN"):
            ok = folder.password in asked
        elif word.startswith("SELECT"):
            said = f"* {len(folder.letters)} EXISTS\r\n".encode()
        elif word.startswith("UID SEARCH UNSEEN"):
            unread = sorted(set(folder.letters) - folder.seen)
            said = f"* SEARCH {' '.join(map(str, unread))}\r\n".encode()
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", word):
            if int(found[1]) in folder.withheld:
                self.wfile.write(f"{tag} NO not now\r\n".encode())
                return True
            content = folder.letters[int(found[1])][: int(found[2])]
            head = f"* 1 FETCH (UID {found[1]} BODY[]<0> {{{len(content)}}}\r\n".encode()
            said = head + content + b")\r\n"
        elif found := re.match(r"UID STORE (\d+) \+FLAGS \(\\SEEN\)", word):
            if folder.drops_when_marking:
                return False
            folder.seen.add(int(found[1]))
        elif word.startswith("LOGOUT"):
            said = b"* BYE\r\n"
        else:
            ok = False
        self.wfile.write(said + f"{tag} {'OK' if ok else 'NO'} done\r\n".encode())
        return not word.startswith("LOGOUT")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    folder: Folder
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with (
            suppress(OSError),  # the client does not trust us
            self.context.wrap_socket(
                request, server_side=True, do_handshake_on_connect=False
            ) as safe,
        ):
            safe.do_handshake()
            super().finish_request(safe, client_address)


@contextmanager
def served(host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[Folder]:
    """A folder behind a port of this machine; with a context, spoken to by TLS."""
    folder = Folder()
    with _Server((host, 0), _Talk) as server:
        server.context = context
        server.folder = folder
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder
        server.shutdown()
        thread.join()
