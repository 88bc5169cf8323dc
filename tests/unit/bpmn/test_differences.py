"""What differs between two drawings, and what probably became of what."""

from __future__ import annotations

from engine.bpmn import differences, reader
from engine.bpmn.drawing import Drawing
from tests.drawing import boundary, diagram, end, exclusive, start, timer, user


def drawn(*body: str, flows: tuple[tuple[str, ...], ...] = ()) -> Drawing:
    return reader.read(diagram(start(), *body, end(), flows=flows), "p.bpmn")


def test_an_element_is_added_removed_or_changed_in_its_settings() -> None:
    old = drawn(
        user("a", "b"),
        boundary("late", "a", timer("PT1H")),
        flows=(("begin", "a"), ("a", "b"), ("b", "done")),
    )
    new = drawn(
        user("a", group="second"),
        user("c"),
        boundary("late", "a", timer("PT2H")),
        flows=(("begin", "a"), ("a", "c", "=x > 1"), ("c", "done")),
    )

    found = {change.element: change for change in differences.between(old, new)}

    assert {name: change.what for name, change in found.items()} == {
        "a": "changed",
        "b": "removed",
        "c": "added",
        "late": "changed",
    }
    assert found["a"].settings == (
        ("flow a_b", "b", ""),
        ("flow a_c", "", "c =x > 1"),
        ("settings.candidate_groups", "desk", "second"),
    )
    assert found["late"].settings == (("trigger.text", "PT1H", "PT2H"),)


def test_where_an_element_is_in_the_file_makes_no_difference() -> None:
    flows = (("begin", "a"), ("a", "done"))
    old, new = drawn(user("a"), flows=flows), drawn("\n\n", user("a"), flows=flows)
    assert differences.between(old, new) == []


def test_a_successor_has_the_same_kind_and_name_or_is_the_only_one_of_its_kind() -> None:
    old = drawn(user("a", "b"), exclusive("g"))
    renamed = drawn(user("a2").replace('name="a2"', 'name="a"'), user("b2"), exclusive("h"))
    assert differences.successors(old, renamed) == {"a": "a2", "g": "h"}
    assert differences.successors(old, old) == {}
