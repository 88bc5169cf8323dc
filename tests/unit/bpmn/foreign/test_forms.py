from __future__ import annotations

import json

import pytest

from engine.bpmn import form_check
from engine.bpmn.foreign.convert import Converted
from tests.unit.bpmn.foreign.files import converted, extended, place, rules

CONSTRAINT = '<camunda:constraint name="my.Validator"/>'


def form(*fields: str, task: str = "x") -> Converted:
    data = f"<camunda:formData>{''.join(fields)}</camunda:formData>"
    return converted(f'<userTask id="{task}" name="Ask">{extended(data)}</userTask>')


def schema(*fields: str) -> dict[str, object]:
    found = json.loads(form(*fields).forms["p/x"])
    assert form_check.check(found) == []
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("written", "component"),
    [
        ('type="string" defaultValue="x"',
         {"type": "textfield", "label": "A", "defaultValue": "x"}),
        ('type="long" defaultValue="3"',
         {"type": "number", "decimalDigits": 0, "label": "A", "defaultValue": 3}),
        ('type="double" defaultValue="1.5"', {"type": "number", "label": "A", "defaultValue": 1.5}),
        ('type="boolean" defaultValue="true"',
         {"type": "checkbox", "label": "A", "defaultValue": True}),
        ('type="date"', {"type": "datetime", "subtype": "date", "dateLabel": "A"}),
    ],
)  # fmt: skip
def test_fields_become_components(written: str, component: dict[str, object]) -> None:
    found = schema(f'<camunda:formField id="a" label="A" {written}/>')
    assert found["components"] == [component | {"id": "field_a", "key": "a"}]


def test_an_enumeration_becomes_a_choice() -> None:
    found = schema(
        '<camunda:formField id="a" type="enum"><camunda:value id="hi" name="High"/>'
        '<camunda:value id="lo"/></camunda:formField>'
    )
    assert found["components"] == [
        {
            "type": "select",
            "id": "field_a",
            "key": "a",
            "label": "a",
            "values": [{"value": "hi", "label": "High"}, {"value": "lo", "label": "lo"}],
        }
    ]


def test_constraints_become_rules() -> None:
    names = ("required", "minlength", "maxlength", "readonly", "min", "max")
    constraints = "".join(
        f'<camunda:constraint name="{name}" config="{3 if name[0] == "m" else "true"}"/>'
        for name in names
    )
    found = schema(
        f'<camunda:formField id="a" type="string"><camunda:validation>{constraints}'
        "</camunda:validation></camunda:formField>"
    )
    assert found["components"] == [
        {
            "type": "textfield",
            "id": "field_a",
            "key": "a",
            "label": "a",
            "readonly": True,
            "validate": {"required": True, "minLength": 3, "maxLength": 3, "min": 3, "max": 3},
        }
    ]


def test_the_form_properties_of_activiti_become_a_form_too() -> None:
    found = converted(
        '<startEvent id="x">',
        extended('<activiti:formProperty id="a" name="A" required="true" writable="false"/>'),
        "</startEvent>",
    )
    [component] = json.loads(found.forms["p/x"])["components"]
    assert component["label"] == "A"
    assert component["validate"] == {"required": True}
    assert component["readonly"] is True


def test_the_task_names_the_form_that_was_inside_it() -> None:
    data = '<camunda:formData><camunda:formField id="a" type="string"/></camunda:formData>'
    assert place(f'<userTask id="x">{extended(data)}</userTask>').settings.form == "p/x"


@pytest.mark.parametrize(
    "field",
    [
        '<camunda:formField id="a-b" type="string"/>',
        '<camunda:formField id="a" type="file"/>',
        '<camunda:formField type="string"/>',
    ],
)
def test_a_field_that_cannot_be_taken_is_reported_and_the_others_are_taken(field: str) -> None:
    found = form(field, '<camunda:formField id="b" type="string"/>')
    assert rules(found) == [("form", "warning", "x")]
    assert [c["key"] for c in json.loads(found.forms["p/x"])["components"]] == ["b"]


@pytest.mark.parametrize(
    "inside",
    [
        'defaultValue="${a}"/>',
        f"><camunda:validation>{CONSTRAINT}</camunda:validation></camunda:formField>",
    ],
)
def test_what_a_form_cannot_do_is_reported(inside: str) -> None:
    assert rules(form(f'<camunda:formField id="a" type="string" {inside}')) == [
        ("form", "warning", "x")
    ]


def test_the_key_of_a_form_stays_in_its_folder() -> None:
    found = form('<camunda:formField id="a" type="string"/>', task="../../etc/x")
    assert list(found.forms) == ["p/_etc_x"]


def test_a_form_that_an_expression_chooses_is_reported_and_leaves_nothing_behind() -> None:
    data = '<camunda:formData><camunda:formField id="f" type="string"/></camunda:formData>'
    found = converted(f'<userTask id="x" camunda:formKey="${{which}}">{extended(data)}</userTask>')
    assert rules(found) == [("form", "error", "x")]
    found = converted(
        f'<startEvent id="x" camunda:formKey="${{which}}">{extended(data)}</startEvent>'
    )
    assert b"extensionElements" not in found.source
