"""The built browser assets: names with a hash, read from Vite's manifest.

Pages work without them; `None` then tells a template to show its plain notice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Island:
    """One script with the style sheets it needs, as addresses."""

    script: str
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The islands of one build, and the version of the plain style sheet."""

    islands: dict[str, Island]
    stylesheet: str

    def island(self, name: str) -> Island | None:
        """The built island of a name such as `viewer`, or None where nothing was built."""
        return self.islands.get(name)


def load(static: Path = STATIC) -> Bundle:
    """The bundle in a static folder; without a build it has no islands."""
    manifest = static / "dist" / "manifest.json"
    built = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {}
    islands = {
        entry["name"]: Island(f"/static/dist/{entry['file']}", tuple(_styles(built, key)))
        for key, entry in built.items()
        if entry.get("isEntry")
    }
    version = hashlib.sha256((static / "signalbox.css").read_bytes()).hexdigest()[:12]
    return Bundle(islands, f"/static/signalbox.css?v={version}")


def _styles(built: dict[str, dict[str, list[str]]], key: str) -> list[str]:
    """The style sheets of an entry and of every chunk it imports, each once."""
    found: list[str] = []
    for imported in built[key].get("imports", []):
        found += _styles(built, imported)
    found += [f"/static/dist/{name}" for name in built[key].get("css", [])]
    return list(dict.fromkeys(found))
