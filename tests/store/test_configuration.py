"""Configuration items: changed by approved changes and imports only, their impact, baselines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.store.unit_of_work import Reader, UnitOfWork
from itil import baselines, configuration, configuration_import, impact
from itil.configuration import ItemInvalid, ItemNotFound, NotByChange
from itil.configuration_import import FileInvalid
from tests.office import Office
from tests.scenarios.change.steps import approved, planned

R = TypeVar("R")
VIA = "import:test"


def do(office: Office, command: Callable[[UnitOfWork], R], as_: str = "kim") -> R:
    return office.runtime.run(office.person(as_), command)


def look(office: Office, query: Callable[[Reader], R]) -> R:
    with office.runtime.read() as reader:
        return query(reader)


def chain(office: Office, *keys: str) -> None:
    """Each depends on the next."""

    def build(work: UnitOfWork) -> None:
        for key in keys:
            configuration.put(work, key, {"name": key, "kind": "server"}, VIA)
        for source, target in pairwise(keys):
            configuration.relate(work, source, "depends-on", target, VIA)

    do(office, build)


def test_cmdb_01_an_item_has_its_fields_and_says_what_is_wrong(office: Office) -> None:
    values = {
        "name": "Server 9",
        "kind": "server",
        "description": "Spare",
        "owner": "nora",
        "location": "Rack 4",
        "criticality": 2,
    }
    do(office, lambda work: configuration.put(work, "srv-9", values, VIA))

    item = look(office, lambda reader: configuration.get(reader, "srv-9"))
    assert (item.name, item.owner, item.location, item.criticality) == (
        "Server 9",
        "nora",
        "Rack 4",
        2,
    )
    for name, wrong in (("kind", "toaster"), ("criticality", 9), ("name", " "), ("status", "?")):
        with pytest.raises(ItemInvalid, match=name):
            do(office, lambda work: configuration.put(work, "srv-9", {name: wrong}, VIA))  # noqa: B023


def test_cmdb_02_services_are_items(office: Office) -> None:
    assert look(office, lambda reader: configuration.get(reader, "mail")).kind == "service"
    offered = look(office, lambda reader: configuration.choices(reader.connection, "service"))
    assert "mail" in {one["value"] for one in offered}


def test_cmdb_03_items_change_by_an_approved_change_or_a_named_import(office: Office) -> None:
    early, ready = planned(office), approved(office)

    def retire(via: str) -> bool:
        return do(
            office,
            lambda work: configuration.put(work, "srv-print", {"status": "retired"}, via),
        )

    for via in (f"change:{early.number}", "change:CHG-99", "import: ", "kim"):
        with pytest.raises(NotByChange):
            retire(via)
    assert retire(f"change:{ready.number}") is True
    latest = look(office, lambda reader: configuration.history_of(reader, "srv-print"))[0]
    assert latest.via == f"change:{ready.number}"
    assert latest.changes == {"status": ["in_use", "retired"]}


def test_cmdb_04_impact_goes_up_and_down_to_a_depth_and_ends_in_cycles(
    either_office: Office,
) -> None:
    office = either_office
    chain(office, "a", "b", "c", "d", "a")

    assert look(office, lambda r: impact.affected(r, ["d"], 2)) == {"c": 1, "b": 2}
    assert look(office, lambda r: impact.supports(r, ["a"], 2)) == {"b": 1, "c": 2}
    assert look(office, lambda r: impact.affected(r, ["d"], 99)) == {"c": 1, "b": 2, "a": 3}
    assert look(office, lambda r: impact.near(r, ["b"], 1)) == {"a", "b", "c"}


def test_cmdb_09_with_enough_supports_left_it_does_not_fail(office: Office) -> None:
    one = look(office, lambda reader: impact.affected(reader, ["vpn-1"]))
    both = look(office, lambda reader: impact.affected(reader, ["vpn-1", "vpn-2"]))

    assert "vpn" not in one
    assert "vpn" in both


NODES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=NODES, start=st.integers(0, 7), depth=st.integers(1, 4))
def test_cmdb_04_impact_is_what_walking_by_hand_finds(
    office: Office, pairs: list[tuple[int, int]], start: int, depth: int
) -> None:
    def build(work: UnitOfWork) -> None:
        for relation in work.connection.execute(configuration.relations.select()).all():
            configuration.unrelate(work, *relation, VIA)
        for n in range(8):
            configuration.put(work, f"n{n}", {"name": f"n{n}", "kind": "server"}, VIA)
        for a, b in pairs:
            if a != b:
                configuration.relate(work, f"n{a}", "uses", f"n{b}", VIA)

    do(office, build)
    distance, frontier = {start: 0}, {start}
    for step in range(1, depth + 1):
        frontier = {a for a, b in pairs if b in frontier and a not in distance}
        distance |= dict.fromkeys(frontier, step)
    del distance[start]

    found = look(office, lambda reader: impact.affected(reader, [f"n{start}"], depth))

    assert found == {f"n{n}": step for n, step in distance.items()}


def test_cmdb_05_a_baseline_is_compared_with_now_and_with_another(office: Office) -> None:
    first = do(office, lambda work: baselines.take(work, "before"))
    do(office, lambda work: configuration.put(work, "srv-print", {"status": "retired"}, VIA))
    do(
        office,
        lambda work: configuration.unrelate(work, "printing", "depends-on", "srv-print", VIA),
    )
    do(office, lambda work: configuration.put(work, "x", {"name": "X", "kind": "client"}, VIA))
    second = do(office, lambda work: baselines.take(work, "after"))

    for later in (second, None):
        found = look(office, lambda reader: baselines.diff(reader, first, later))  # noqa: B023
        assert {one.key: one.what for one in found} == {
            "printing": "changed",
            "srv-print": "changed",
            "x": "added",
        }
    changed = next(one for one in found if one.key == "srv-print")
    assert changed.fields == {"status": ("in_use", "retired")}


def test_cmdb_06_a_verification_keeps_what_differs_and_is_due_again(office: Office) -> None:
    assert look(office, configuration_import.overdue) is True
    scan = b"key,name,kind,location\nsrv-print,Server print 1,server,Cellar\nnew,New,server,\n"

    found = do(office, lambda work: configuration_import.verify(work, scan, "scan of March"))

    assert found == 2
    kept = look(office, configuration_import.verified)[0]
    assert (kept.checked, kept.source, kept.by) == (2, "scan of March", "kim")
    assert {one["key"]: one["does"] for one in kept.discrepancies} == {
        "srv-print": "changed",
        "new": "added",
    }
    with pytest.raises(ItemNotFound):  # it only compares
        look(office, lambda reader: configuration.get(reader, "new"))
    assert look(office, configuration_import.overdue) is False
    office.advance(days=91)
    assert look(office, configuration_import.overdue) is True


FILE = b"""key,name,kind,criticality,depends-on
srv-8,Server 8,server,2,net-core;net-wan
srv-mail,Server mail 1,server,1,
"""


def test_cmdb_07_a_file_says_first_what_it_would_do_and_does_it_once(either_office: Office) -> None:
    office = either_office
    plan = look(office, lambda reader: configuration_import.plan(reader, FILE))
    assert [(line.line, line.key, line.does) for line in plan.lines] == [
        (2, "srv-8", "added"),
        (3, "srv-mail", "changed"),
    ]
    assert plan.lines[1].changes == {"criticality": [2, 1]}

    done = do(office, lambda work: configuration_import.apply(work, FILE, "inventory"))
    again = do(office, lambda work: configuration_import.apply(work, FILE, "inventory"))

    assert done == {"added": 1, "changed": 1, "relations": 2}
    assert again == {"added": 0, "changed": 0, "relations": 0}
    assert "srv-8" in look(office, lambda reader: impact.affected(reader, ["net-wan"]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"name,kind\nx,server\n", "Line 1: no key"),
        (b"key,colour\nx,red\n", "unknown columns colour"),
        (b"key,name,kind\nx,X,toaster\n", "line 2: .*toaster"),
        (b"key,name,kind\nx,X\n", "Line 2: it has not as many"),
        (b"key,name,kind\nx,X,server\nx,X,server\n", "line 3: 'x' is in an earlier line"),
        (b"key,name,kind,criticality\nx,X,server,high\n", "criticality 'high'"),
        (b"\xff\xfe", "no UTF-8"),
    ],
)
def test_cmdb_07_a_file_that_cannot_be_is_refused_by_its_line(
    office: Office, content: bytes, reason: str
) -> None:
    with pytest.raises(FileInvalid, match=reason):
        do(office, lambda work: configuration_import.apply(work, content, "inventory"))
    with pytest.raises(ItemNotFound):
        look(office, lambda reader: configuration.get(reader, "x"))


def test_cmdb_07_what_is_exported_changes_nothing_when_it_comes_back(office: Office) -> None:
    kim = office.person("kim")
    content = look(
        office,
        lambda reader: configuration_import.export(
            reader, configuration.search(reader, kim, limit=1000)
        ),
    )

    plan = look(office, lambda reader: configuration_import.plan(reader, content))

    assert plan.count("unchanged") == len(plan.lines) > 10
    assert plan.relations == ()


def test_cmdb_10_some_classes_are_not_for_everybody(office: Office) -> None:
    values = {"name": "Contract", "kind": "document"}
    do(office, lambda work: configuration.put(work, "doc-1", values, VIA))
    ben, kim = office.person("ben"), office.person("kim")

    assert look(office, lambda reader: configuration.get(reader, "doc-1", kim)).name == "Contract"
    with pytest.raises(ItemNotFound):
        look(office, lambda reader: configuration.get(reader, "doc-1", ben))
    listed = look(office, lambda reader: configuration.search(reader, ben, "Contract"))
    assert listed == []
