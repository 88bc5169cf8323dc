"""Forms: what a schema accepts, refuses and shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.bpmn import forms
from engine.bpmn.forms import Field
from engine.errors import FieldError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHIPPED = sorted((Path(__file__).parents[3] / "forms").rglob("*.form"))


def field(type_: str, key: str = "f", **more: object) -> dict[str, object]:
    return {"type": type_, "key": key, "label": key, **more}


def form(*components: dict[str, object]) -> dict[str, object]:
    return {"type": "default", "components": list(components)}


def validate(
    schema: dict[str, object], context: dict[str, object] | None = None, **posted: object
) -> tuple[dict[str, object], dict[str, list[FieldError]]]:
    return forms.validate(schema, posted, context or {}, NOW)


def codes(schema: dict[str, object], **posted: object) -> list[str]:
    return [error.code for errors in validate(schema, **posted)[1].values() for error in errors]


def present(schema: dict[str, object], language: str = "en", **context: object) -> list[Field]:
    return list(forms.present(schema, {}, context, language=language, now=NOW))


LEVELS = [{"label": "High", "value": 1, "label:zh": "高"}, {"label": "Low", "value": 3}]
YES_NO = [{"label": "Yes", "value": True}, {"label": "No", "value": False}]


@pytest.mark.parametrize(
    ("component", "sent", "value"),
    [
        (field("textfield"), "  disk full \r\n", "disk full"),
        (field("textfield"), "", None),
        (field("textarea"), "a\r\nb", "a\nb"),
        (field("number"), "3", 3),
        (field("number"), 2.5, 2.5),
        (field("number"), 0, 0),
        (field("number", serializeToString=True), "3.10", "3.10"),
        (field("checkbox"), "true", True),
        (field("checkbox"), False, False),
        (field("checkbox"), None, False),
        (field("select", values=LEVELS), "1", 1),
        (field("select", values=LEVELS), 3, 3),
        (field("radio", values=YES_NO), "false", False),
        (field("radio", values=YES_NO), False, False),
        (field("checklist", values=LEVELS), ["3", "1"], [1, 3]),
        (field("taglist", values=LEVELS), [], []),
        (field("datetime", subtype="date"), "2026-03-02", "2026-03-02"),
        (field("datetime", subtype="time"), "09:30", "09:30:00"),
        (field("datetime"), "2026-03-02T09:00:00+08:00", "2026-03-02T09:00:00+08:00"),
    ],
)
def test_a_value_becomes_a_clean_process_variable(
    component: dict[str, object], sent: object, value: object
) -> None:
    clean, errors = validate(form(component), f=sent)

    assert errors == {}
    assert clean == {"f": value}
    assert type(clean["f"]) is type(value)


@pytest.mark.parametrize(
    ("component", "sent", "code"),
    [
        (field("textfield", validate={"required": True}), "  ", "required"),
        (field("textfield", validate={"minLength": 5}), "abc", "minLength"),
        (field("textfield", validate={"maxLength": 2}), "abc", "maxLength"),
        (field("textfield"), "x" * 1001, "maxLength"),
        (field("textfield"), "a\x00b", "control"),
        (field("textfield"), ["a"], "text"),
        (field("textfield", validate={"pattern": "^[A-Z]+$"}), "abc", "pattern"),
        (field("textfield", validate={"validationType": "email"}), "ann@", "email"),
        (field("textfield", validate={"validationType": "phone"}), "123", "phone"),
        (field("number"), "many", "number"),
        (field("number"), "NaN", "number"),
        (field("number"), "1e999999", "number"),
        (field("number"), True, "number"),
        (field("number", validate={"min": 2}), "1", "min"),
        (field("number", validate={"max": 2}), "3", "max"),
        (field("number", decimalDigits=1), "1.25", "decimals"),
        (field("number", increment="5"), "7", "step"),
        (field("checkbox", validate={"required": True}), False, "required"),
        (field("checkbox"), "maybe", "boolean"),
        (field("select", values=LEVELS), "2", "choice"),
        (field("select", values=LEVELS), True, "choice"),
        (field("checklist", values=LEVELS), ["1", "9"], "choice"),
        (field("checklist", values=LEVELS), "1", "list"),
        (field("datetime", subtype="date"), "tomorrow", "date"),
        (field("datetime"), "2026-03-02T09:00", "offset"),
        (field("datetime", disallowPassedDates=True), "2026-03-02T08:00:00Z", "past"),
    ],
)
def test_a_wrong_value_is_refused_and_not_among_the_variables(
    component: dict[str, object], sent: object, code: str
) -> None:
    clean, errors = validate(form(component), f=sent)

    assert [error.code for error in errors["f"]] == [code]
    assert "f" not in clean


def test_a_pattern_that_would_run_for_ever_refuses_instead() -> None:
    endless = field("textfield", validate={"pattern": "^(a|a)*$", "maxLength": 1000})

    assert codes(form(endless), f="a" * 900 + "b") == ["pattern"]


def test_unknown_fields_never_reach_the_process() -> None:
    clean, _ = validate(form(field("textfield")), f="a", priority=1, case_state="closed")

    assert clean == {"f": "a"}


def test_a_locked_field_keeps_the_value_of_the_process() -> None:
    schema = form(
        field("textfield", "a", disabled=True),
        field("textfield", "b", readonly="=locked"),
        field("textfield", "c"),
    )

    clean, _ = validate(schema, {"locked": True}, a="forged", b="forged", c="free")

    assert clean == {"c": "free"}


def test_a_hidden_field_is_neither_required_nor_taken() -> None:
    hidden = field(
        "textfield",
        "why",
        conditional={"hide": '=outcome != "vendor"'},
        validate={"required": True},
    )
    schema = form(field("textfield", "outcome"), hidden)

    assert validate(schema, outcome="fixed", why="x") == ({"outcome": "fixed"}, {})
    assert codes(schema, outcome="vendor") == ["required"]


def test_the_value_of_a_hidden_field_cannot_hide_another_one() -> None:
    schema = form(
        field("textfield", "a", conditional={"hide": "=true"}),
        field("textfield", "b", conditional={"hide": '=a = "x"'}, validate={"required": True}),
    )

    assert codes(schema, a="x") == ["required"]


def test_everything_inside_a_hidden_group_is_hidden() -> None:
    group = {
        "type": "group",
        "label": "g",
        "conditional": {"hide": "=true"},
        "components": [field("textfield", validate={"required": True})],
    }

    assert validate(form(group)) == ({}, {})


def test_limits_and_options_may_come_from_process_variables() -> None:
    schema = form(
        field("number", "n", validate={"max": "=limit"}),
        field("select", "s", valuesKey="groups"),
        field("select", "e", valuesExpression="=for g in groups return {label: g, value: g}"),
    )
    context: dict[str, object] = {"limit": 4, "groups": ["net", "desk"]}

    clean, errors = validate(schema, context, n=5, s="net", e="desk")

    assert clean == {"s": "net", "e": "desk"}
    assert errors == {"n": [FieldError("max", 4)]}


def test_a_form_is_shown_in_the_readers_language_and_in_english_where_it_has_no_words() -> None:
    schema = form(
        field("select", "level", values=LEVELS, properties={"label:zh": "级别"}),
        field("textfield", "note", description="Once"),
    )

    level, note = present(schema, "zh", level=1)

    assert level.label == "级别"
    assert [choice.label for choice in level.choices] == ["高", "Low"]
    assert level.text == "高"
    assert (note.label, note.description) == ("note", "Once")


def test_templates_are_filled_with_process_variables() -> None:
    schema = form({"type": "text", "text": "**{{summary}}** {{ if n > 1 then n else 0 }} {{gone}}"})

    assert present(schema, summary="Disk", n=3)[0].text == "**Disk** 3 "


def test_hidden_components_are_not_shown_and_locked_ones_are_shown_locked() -> None:
    schema = form(
        field("textfield", "a", conditional={"hide": "=true"}),
        field("textfield", "b", readonly=True),
        {"type": "button", "label": "Send"},
    )

    shown = present(schema, b="kept")

    assert [(item.key, item.locked, item.text) for item in shown] == [("b", True, "kept")]


def test_what_a_person_typed_is_shown_again() -> None:
    schema = form(field("textfield"), field("radio", "r", values=YES_NO))
    typed = {"f": "half", "r": "false"}

    f, r = forms.present(schema, typed, {"f": "old"}, language="en", now=NOW)

    assert f.value == "half"
    assert [choice.chosen for choice in r.choices] == [False, True]


@pytest.mark.parametrize(
    ("component", "rule"),
    [
        (field("html"), "form.markup"),
        (field("iframe"), "form.markup"),
        (field("dynamiclist"), "form.component"),
        (field("textfield", "a.b"), "form.key"),
        (field("textfield", "naïve"), "form.key"),
        ({"type": "textfield", "id": "x"}, "form.key"),
        ({"type": "group", "path": "g", "components": []}, "form.path"),
        (field("select"), "form.options"),
        (field("select", values=LEVELS, valuesKey="x"), "form.options"),
        (field("textfield", validate={"pattern": "(["}), "form.pattern"),
        (field("textfield", conditional={"hide": "=1 +"}), "form.expression"),
        (field("textfield", validate={"max": "=1 +"}), "form.expression"),
        ({"type": "text", "text": "{{1 +}}"}, "form.expression"),
        ({"type": "text", "text": "{{#if a}}b{{/if}}"}, "form.template"),
        (field("textfield", properties={"label:zh": "{{1 +}}"}), "form.expression"),
    ],
)
def test_a_form_that_cannot_be_held_to_is_refused_by_name(
    component: dict[str, object], rule: str
) -> None:
    found = forms.check(form(component))

    assert found
    assert {finding.rule for finding in found} == {rule}
    assert all(finding.advice for finding in found)


def test_two_fields_must_not_share_a_key() -> None:
    group = {"type": "group", "components": [field("textfield", "a")]}

    assert [f.rule for f in forms.check(form(field("textfield", "a"), group))] == ["form.key-twice"]


@pytest.mark.parametrize("schema", [[], None, {}, {"components": 3}, {"components": {}}])
def test_what_is_no_form_is_refused_as_a_whole(schema: object) -> None:
    assert [finding.rule for finding in forms.check(schema)] == ["form.shape"]


def test_groups_nested_without_end_are_refused() -> None:
    inner: dict[str, object] = field("textfield")
    for _ in range(40):
        inner = {"type": "group", "components": [inner]}

    assert [finding.rule for finding in forms.check(form(inner))] == ["form.depth"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_shipped_form_passes_its_own_check(path: Path) -> None:
    assert forms.check(json.loads(path.read_text("utf-8"))) == []
