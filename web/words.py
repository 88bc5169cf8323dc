"""The texts of the pages, one plain JSON file for each language.

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
    """The words of every language, from one `<language>.json` each."""
    read = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in LANGUAGES}
    return {name: Words(name, {**read[ENGLISH], **texts}) for name, texts in read.items()}


def pick(accepted: list[str]) -> str:
    """The language of the first accepted tag that we speak, such as `zh-CN` -> `zh`."""
    for tag in accepted:
        code = tag.split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return ENGLISH
