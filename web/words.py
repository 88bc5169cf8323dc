"""The texts of the pages: a folder for each language, in it a plain JSON file for each subject.

A key that a language lacks is shown in English; a test keeps the files complete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "texts"
ENGLISH = "en"
#: Language code -> its own name, in the order of the switch.
LANGUAGES = {"en": "English", "zh": "中文"}


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language, English ones where it has none."""

    language: str
    texts: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """The text of a key with its names filled in; an unknown key shows itself."""
        template = self.texts.get(key)
        if template is None:
            return key
        return template.format_map(values) if values else template


def load(folder: Path = FOLDER) -> dict[str, Words]:
    """The words of every language, from the files in `<language>/`.

    Raises:
        ValueError: two files of a language have the same key.
    """
    found = {name: read(folder / name) for name in LANGUAGES}
    return {name: Words(name, {**found[ENGLISH], **texts}) for name, texts in found.items()}


def read(folder: Path) -> dict[str, str]:
    """The texts of one language."""
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        own = json.loads(path.read_text("utf-8"))
        twice = sorted(texts.keys() & own.keys())
        if twice:
            raise ValueError(f"{path}: '{twice[0]}' is in another file too. Keep one.")
        texts |= own
    return texts


def pick(accepted: list[str]) -> str:
    """The language of the first accepted tag that we speak, such as `zh-CN` -> `zh`."""
    for tag in accepted:
        code = tag.split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return ENGLISH
