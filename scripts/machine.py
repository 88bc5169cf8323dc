"""What this machine has: a browser, a PostgreSQL, a Node. Looks only; installs nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENV_BIN = ROOT / ".venv" / "bin"

#: Oldest Node that builds the browser assets.
NODE_FROM = (20, 19)

# `chromium-browser` is missing on purpose: on Ubuntu it only tells people to install a snap.
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome-stable", "google-chrome")
PLAYWRIGHT_BROWSERS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/*/headless_shell",
    "chromium_headless_shell-*/*/chrome-headless-shell",
)


def chromium() -> Path | None:
    """A Chromium that can be started headless, or None."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    cache = Path.home() / ".cache" / "ms-playwright"
    for pattern in PLAYWRIGHT_BROWSERS:
        if browsers := sorted(cache.glob(pattern)):
            return browsers[-1]
    return None


def postgres() -> Path | None:
    """The directory with the newest `initdb` and `pg_ctl`, or None."""
    # Debian keeps the server's programs off the PATH, a directory a version.
    installed = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if (path.parent / "postgres").exists()
    ]
    if installed:
        return max(installed, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def node() -> Path | None:
    """The system's Node if it is new enough to build the assets, or None."""
    found = shutil.which("node")
    if found is None:
        return None
    answer = subprocess.run(  # noqa: S603 - a fixed command
        [found, "--version"], capture_output=True, text=True, check=False
    )
    version = tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:2])
    return Path(found) if version >= NODE_FROM and shutil.which("npm") else None
