"""The texts of the pages, one plain JSON file for each language.

A key that a language lacks is shown in English; a test keeps the files complete.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "texts"
ENGLISH = "en"
#: Language code -> its own name, in the order of the switch.
LANGUAGES = {"en": "English", "zh": "中文"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts: language -> key -> text with `{names}`."""

    texts: dict[str, dict[str, str]]

    def text(self, language: str, key: str, **values: object) -> str:
        """The text of a key with its names filled in; an unknown key shows itself."""
        template = self.find(language, key)
        if template is None:
            return key
        return template.format_map(values) if values else template

    def find(self, language: str, key: str) -> str | None:
        """The text of a key as written, or None where no language has it."""
        return self.texts.get(language, {}).get(key) or self.texts[ENGLISH].get(key)


def load(folder: Path = FOLDER) -> Catalogue:
    """The catalogue of a folder with one `<language>.json` for each language."""
    return Catalogue(
        {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in LANGUAGES},
    )


def pick(accepted: list[str]) -> str:
    """The language of the first accepted tag that we speak, such as `zh-CN` -> `zh`."""
    for tag in accepted:
        code = tag.split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return ENGLISH
