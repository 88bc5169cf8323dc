"""The texts of the pages: every one that is asked for, in every language."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import web
from engine.bpmn.errors import SENTENCES
from engine.store.instances import RUNNING
from itil import (
    cases,
    catalogue,
    change_templates,
    change_windows,
    changes,
    clock_changes,
    configuration,
    findings,
    monitors,
    sensitive,
    worklog,
)
from itil.calendars import DayKind
from itil.clocks import Kind, State
from web import chosen, migrations, steering, versions, words
from web.words import ENGLISH, LANGUAGES

ROOT = Path(web.__file__).parent
TEXTS = {language: words.read(words.FOLDER / language) for language in LANGUAGES}
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [*ROOT.glob("*.py"), *(ROOT / "templates").rglob("*.html")]
}
#: Texts that code asks for by a computed key.
COMPUTED = {
    *(f"state.{state}" for state in cases.STATES),
    *(f"plain.{state}" for state in cases.STATES),
    *(f"clock.state.{state.value}" for state in State),
    *(f"why.clock.{kind.value}" for kind in Kind),
    *(f"day.{kind.value}" for kind in DayKind),
    *(f"priority.{level}" for level in (1, 2, 3, 4, "none")),
    *(f"level.{level}" for level in (1, 2, 3)),
    *(f"month.{month}" for month in range(1, 13)),
    *(f"outbox.{state}" for state in ("pending", "sent", "held", "dead")),
    *(f"date.{style}" for style in ("short", "long", "exact", "time")),
    *(f"task.{stand}" for stand in ("held", "closed", "theirs", "resting")),
    *(f"status.{status}" for status in RUNNING | {"completed", "cancelled"}),
    *(f"obstacle.{code}" for code in SENTENCES),
    *(f"changes.{what}" for what in ("added", "removed", "changed")),
    *(f"version.{act}" for act in versions.ACTS),
    *(f"done.version-{act}" for act in versions.ACTS),
    *(f"steer.{act}" for act in steering.ACTS),
    *(f"steer.{act}-lead" for act in steering.ACTS),
    *(f"done.steer-{act}" for act in steering.ACTS),
    *(f"migration.{act}" for act in migrations.ACTS),
    *(f"change.type.{kind}" for kind in changes.TYPES),
    *(f"activity.{activity}" for activity in worklog.ACTIVITIES),
    *(f"cause.{cause}" for cause in clock_changes.CAUSES),
    *(f"control.{name}" for name in monitors.CONTROLS),
    *(f"findings.{state}" for state in findings.STATES),
    *(f"ci.kind.{kind}" for kind in configuration.KINDS),
    *(f"ci.status.{status}" for status in configuration.STATUSES),
    *(f"ci-import.{does}" for does in ("added", "changed", "refused")),
    *(f"risk.{level}" for level in ("low", "medium", "high")),
    *(f"window.{kind}" for kind in change_windows.KINDS),
    *(f"change-template.{status}" for status in change_templates.STATUSES),
    *(f"read.{way}" for way in sensitive.WAYS),
    *(f"chosen.{word}" for word in chosen.WORDS),
    *(f"fulfilment.{state}" for state in ("done", "open", "waiting")),
    *(f"items.approval.{approval}" for approval in catalogue.APPROVALS),
    *(f"migration.state.{state}" for state in ("running", "stopped", "done")),
}
ASKED = re.compile(r"""\b(?:t|text|find)\(\s*f?['"]([a-z0-9_.-]+)['"]\s*[,)]""")


def placeholders(text: str) -> set[str]:
    return {
        re.split(r"[.:\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_a_page_asks_for_exists(language: str) -> None:
    asked = {key for source in SOURCES.values() for key in ASKED.findall(source)}
    assert len(asked) > 100

    missing = sorted(key for key in asked | COMPUTED if key not in TEXTS[language])

    assert missing == []


def test_chinese_has_every_english_text_with_the_same_placeholders() -> None:
    english, chinese = TEXTS[ENGLISH], TEXTS["zh"]
    differing = sorted(
        key
        for key, text in english.items()
        if key not in chinese
        or (placeholders(text) != placeholders(chinese[key]) and not key.startswith("date."))
    )

    assert differing == []


def test_chinese_translates_beyond_english_only_the_sentences_of_errors() -> None:
    more = TEXTS["zh"].keys() - TEXTS[ENGLISH].keys()

    assert {key for key in more if not key.startswith("error.")} == set()


def test_a_language_tag_finds_its_language_and_unknown_ones_english() -> None:
    assert words.pick(["zh-CN", "en"]) == "zh"
    assert words.pick(["fr", "en-GB"]) == "en"
    assert words.pick(["fr"]) == "en"
    assert words.pick([]) == "en"
