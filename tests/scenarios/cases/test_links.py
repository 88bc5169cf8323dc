"""Cases are linked by what their processes say in variables of fixed names."""

from engine.commands import instances
from itil import links
from tests.office import ADMIN, Office


def opened(office: Office, **given: object) -> str:
    incident = office.open_incident(**given)
    return incident.number


def kinds(office: Office, number: str) -> list[tuple[str, str]]:
    with office.runtime.read() as reader:
        return [(link.kind, link.other) for link in links.of(reader, number)]


def test_a_case_that_names_another_is_linked_to_it_from_both_sides(office: Office) -> None:
    parent = opened(office)

    child = opened(office, parent=parent)

    assert kinds(office, child) == [("child", parent)]
    assert kinds(office, parent) == [("parent", child)]


def test_two_cases_that_name_each_other_are_related_once(office: Office) -> None:
    first = opened(office)

    second = opened(office, incidents=[first, first])

    assert kinds(office, second) == kinds(office, second)[:1] == [("related", first)]


def test_what_is_no_number_of_a_case_links_nothing(office: Office) -> None:
    alone = opened(office, parent="INC-999", incidents=[7, "", "a@b", None], problem={"a": 1})

    assert kinds(office, alone) == []


def test_the_links_of_a_deleted_case_go_with_it(office: Office) -> None:
    parent = opened(office)
    child = office.open_incident(parent=parent)
    office.runtime.run(ADMIN, lambda work: instances.cancel(work, child.id, "by mistake"))

    office.runtime.run(ADMIN, lambda work: instances.delete(work, child.id, "by mistake"))

    assert kinds(office, parent) == []
