"""Drafts are kept, changed by one at a time, deployed when nothing is wrong, and never run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from engine.commands import drafts as commands
from engine.commands.drafts import Groups
from engine.errors import DiagramRejected, DraftChanged, DraftNotFound, DraftRefused
from engine.queries import audit, definitions, drafts
from engine.store import tables
from tests.conftest import both_databases
from tests.desk import Desk
from tests.unit.bpmn.foreign.files import extended, file, flow

pytestmark = both_databases

FORM = '<camunda:formData><camunda:formField id="note" type="string"/></camunda:formData>'
CLEAN = file(
    f'<startEvent id="s"/><userTask id="u" camunda:assignee="ann">{extended(FORM)}</userTask>',
    '<endEvent id="e"/>',
    flow("s", "u") + flow("u", "e"),
)
OPEN = file(
    '<startEvent id="s"/><task id="t" name="Look"/><exclusiveGateway id="g" name="OK?"/>',
    '<task id="a"/><task id="b"/><endEvent id="e"/>',
    flow("s", "t") + flow("t", "g") + flow("g", "a") + flow("g", "b"),
    flow("a", "e") + flow("b", "e"),
)


def keep(desk: Desk, source: bytes = CLEAN, name: str = "p.bpmn", **more: bytes) -> int:
    files = {name: source, **{key.replace("__", "."): text for key, text in more.items()}}
    answer = desk.runtime.run(desk.actor, lambda work: commands.keep(work, files))
    assert answer["refused"] == []
    return int(answer["kept"][0]["draft"])


def get(desk: Desk, number: int) -> drafts.Draft:
    with desk.runtime.read() as reader:
        return drafts.get(reader, number)


def errors(desk: Desk, number: int) -> list[str]:
    with desk.runtime.read() as reader:
        found = commands.check(reader, drafts.get(reader, number))
    return [one.rule for one in found if one.severity == "error"]


def events(desk: Desk) -> list[str]:
    with desk.runtime.read() as reader:
        trail = audit.trail(reader, "system", limit=100)
    return [one.action for one in trail if one.action.startswith("draft.")]


def test_a_foreign_file_is_kept_as_it_was_and_as_it_would_run(desk: Desk) -> None:
    draft = get(desk, keep(desk))

    assert draft.original == CLEAN
    assert b"zeebe:assignmentDefinition" in draft.source
    assert list(draft.companions) == ["forms/p/u.form"]
    assert (draft.name, draft.process_id, draft.file) == ("p", "p", "p.bpmn")
    assert (draft.author, draft.revision) == ("ann", 1)
    assert events(desk) == ["draft.kept"]


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("A.4.1.bpmn", "A.4.1"),
        ("order.bpmn20.xml", "order"),
        ("order.xml", "order"),
        ("x", "x"),
        (".bpmn", "process"),
    ],
)
def test_a_draft_is_called_as_its_process_else_as_its_file(
    desk: Desk, file_name: str, name: str
) -> None:
    draft = get(desk, keep(desk, name=file_name))
    assert draft.name == name
    assert next(iter(draft.files())) == f"{name}.bpmn"
    called = get(desk, keep(desk, CLEAN.replace(b'id="p"', b'id="p" name="Orders"')))
    assert called.name == "Orders"


def test_a_draft_affects_nothing_until_it_is_deployed(desk: Desk) -> None:
    number = keep(desk)
    with desk.runtime.read() as reader:
        assert definitions.active(reader) == []

    desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 1, "ready"))

    case = desk.start("p")
    case.complete("u", note="seen")
    assert (case.status, case.variable("note")) == ("completed", "seen")
    assert get(desk, number).revision == 1
    assert events(desk)[-1] == "draft.deployed"


def test_the_same_file_twice_is_one_draft(desk: Desk) -> None:
    assert keep(desk) == keep(desk, name="copy.bpmn")


def test_what_is_wrong_refuses_the_deployment_and_leaves_the_draft(desk: Desk) -> None:
    number = keep(desk, OPEN)
    assert set(errors(desk, number)) == {"gateway.condition"}
    before = get(desk, number)

    with pytest.raises(DiagramRejected) as refused:
        desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 1, "now"))

    assert {one.element for one in refused.value.findings} == {"g_a", "g_b"}
    assert get(desk, number) == before
    with desk.runtime.read() as reader:
        assert definitions.active(reader) == []


def test_what_only_a_reader_understands_is_not_deployed_as_a_variable(desk: Desk) -> None:
    number = keep(
        desk,
        file(
            '<startEvent id="s"/><exclusiveGateway id="g"/><userTask id="a" camunda:assignee="x"/>',
            '<userTask id="b" camunda:assignee="x"/>',
            flow("s", "g") + flow("g", "a", "Yes") + flow("g", "b", "No"),
        ),
    )
    assert errors(desk, number) == ["import.condition", "import.condition"]

    with pytest.raises(DiagramRejected):
        desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 1, "now"))

    with desk.runtime.read() as reader:
        assert definitions.active(reader) == []


def test_people_do_what_the_drawing_leaves_open(desk: Desk) -> None:
    number = keep(desk, OPEN)

    desk.runtime.run(
        desk.actor, lambda work: commands.make_executable(work, number, 1, Groups("desk"))
    )

    assert errors(desk, number) == []
    draft = get(desk, number)
    assert draft.original == OPEN
    assert {note.element for note in draft.notes} >= {"t", "g", "a", "b"}
    desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 2, "ready"))
    case = desk.start("p")
    case.complete("t", decision_1="b")
    assert case.waits_at() == ["b"]


def test_who_looked_at_an_earlier_state_changes_nothing(desk: Desk) -> None:
    number = keep(desk)
    other = replace(desk.actor, name="ben")
    desk.runtime.run(other, lambda work: commands.rename(work, number, 1, "Mine"))

    for late in (
        lambda work: commands.rename(work, number, 1, "Yours"),
        lambda work: commands.delete(work, number, 1, "no"),
        lambda work: commands.deploy(work, number, 1, "no"),
        lambda work: commands.make_executable(work, number, 1, Groups("desk")),
        lambda work: commands.choose_process(work, number, 1, "p"),
        lambda work: commands.replace_files(work, number, 1, {"p.bpmn": OPEN}),
    ):
        with pytest.raises(DraftChanged, match="changed by ben"):
            desk.runtime.run(desk.actor, late)

    assert get(desk, number).name == "Mine"


def test_another_diagram_takes_the_place_and_forms_come_beside_it(desk: Desk) -> None:
    number = keep(desk)
    task = file(
        '<startEvent id="s"/><userTask id="u" camunda:assignee="ann" camunda:formRef="ask"/>',
        flow("s", "u"),
    )

    desk.runtime.run(
        desk.actor, lambda work: commands.replace_files(work, number, 1, {"p.bpmn": task})
    )
    assert errors(desk, number) == ["form.unknown"]
    form = b'{"id": "ask", "components": []}'
    desk.runtime.run(
        desk.actor, lambda work: commands.replace_files(work, number, 2, {"ask.form": form})
    )

    assert errors(desk, number) == []
    assert get(desk, number).companions["ask.form"] == form.decode()
    assert events(desk) == ["draft.kept", "draft.replaced", "draft.replaced"]


def test_what_is_deployed_meanwhile_is_no_longer_missing(desk: Desk) -> None:
    task = '<userTask id="u" camunda:assignee="ann" camunda:formRef="ask"/>'
    number = keep(desk, file(f'<startEvent id="s"/>{task}', flow("s", "u")))
    assert errors(desk, number) == ["form.unknown"]

    desk.deploy(b'{"id": "ask", "components": []}', "ask.form")

    assert errors(desk, number) == []


def test_which_of_several_processes_runs_is_chosen(desk: Desk) -> None:
    pools = "".join(
        f'<process id="p{n}"><startEvent id="s{n}"/><userTask id="u{n}" camunda:assignee="ann" '
        f'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"/>{flow(f"s{n}", f"u{n}")}</process>'
        for n in (1, 2)
    )
    source = (
        f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">{pools}</definitions>'
    )
    number = keep(desk, source.encode(), "two.bpmn")
    assert errors(desk, number) == ["import.process"]
    with pytest.raises(DiagramRejected):
        desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 1, "now"))
    with pytest.raises(DraftRefused, match="nobody has said"):
        desk.runtime.run(
            desk.actor, lambda work: commands.make_executable(work, number, 1, Groups("desk"))
        )
    with pytest.raises(DraftRefused, match="There is no process 'p3'"):
        desk.runtime.run(desk.actor, lambda work: commands.choose_process(work, number, 1, "p3"))

    desk.runtime.run(desk.actor, lambda work: commands.choose_process(work, number, 1, "p2"))

    assert errors(desk, number) == []
    desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 2, "ready"))
    assert desk.start("p2").waits_at() == ["u2"]


@pytest.mark.parametrize(
    "inside",
    ["", '<choreography id="c"/>', '<process id="p"/>', '<globalConversation id="c"/>'],
)
def test_a_drawing_without_a_process_is_kept_and_says_so(desk: Desk, inside: str) -> None:
    top = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    number = keep(desk, f"<definitions {top}>{inside}</definitions>".encode(), "c.bpmn")
    assert errors(desk, number) == ["import.process"]


def test_files_that_are_no_diagram_are_refused_by_name_and_the_others_kept(desk: Desk) -> None:
    files = {"a.bpmn": b"no", "b.bpmn": CLEAN, "c.bpmn": b"<a/>", "d.bpmn": b"<!DOCTYPE a><a/>"}

    answer = desk.runtime.run(desk.actor, lambda work: commands.keep(work, files))

    assert [one["file"] for one in answer["kept"]] == ["b.bpmn"]
    reasons = {one["file"]: " ".join(one["reasons"]) for one in answer["refused"]}
    assert "not well-formed XML" in reasons["a.bpmn"]
    assert "no BPMN 2.0 file" in reasons["c.bpmn"]
    assert "DOCTYPE" in reasons["d.bpmn"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "no diagram among the files"),
        ({"a.form": b"{}"}, "no diagram among the files"),
        ({"a.bpmn": CLEAN, "b.bpmn": OPEN, "a.form": b"{}"}, "to which of them a.form belongs"),
        ({"a.bpmn": CLEAN, "a.form": b"\xff"}, "'a.form' is no text"),
        ({"a.bpmn": CLEAN, "a.form": b" " * 500_001}, "over 500,000 characters"),
        (
            {"a.bpmn": CLEAN, **{f"{n}.form": b"{}" for n in range(101)}},
            "at most 100 forms",
        ),
    ],
)
def test_what_belongs_to_nothing_or_is_too_much_is_refused(
    desk: Desk, files: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(DraftRefused, match=sentence):
        desk.runtime.run(desk.actor, lambda work: commands.keep(work, files))
    with desk.runtime.read() as reader:
        assert drafts.every(reader) == []


def test_there_is_room_for_so_many_drafts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST", 1)
    keep(desk)
    with pytest.raises(DraftRefused, match="There are 1 drafts"):
        keep(desk, OPEN)


def test_a_draft_is_deleted_with_a_reason_and_leaves_only_its_record(desk: Desk) -> None:
    number = keep(desk)
    with pytest.raises(DraftRefused, match="with a reason"):
        desk.runtime.run(desk.actor, lambda work: commands.delete(work, number, 1, " "))

    desk.runtime.run(desk.actor, lambda work: commands.delete(work, number, 1, "obsolete"))

    with pytest.raises(DraftNotFound):
        get(desk, number)
    with desk.runtime.read() as reader:
        count = select(func.count()).select_from(tables.drafts)
        assert reader.connection.execute(count).scalar_one() == 0
        last = audit.trail(reader, "system", limit=100)[-1]
    assert (last.action, last.details["reason"]) == ("draft.deleted", "obsolete")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_draft_needs_a_name(desk: Desk, name: str) -> None:
    number = keep(desk)
    with pytest.raises(DraftRefused, match="1 to 200 characters"):
        desk.runtime.run(desk.actor, lambda work: commands.rename(work, number, 1, name))


def test_a_form_that_is_none_is_found_and_not_deployed(desk: Desk) -> None:
    number = keep(desk, CLEAN, "p.bpmn", bad__form=b"[]")
    assert errors(desk, number) == ["json.object"]
    with pytest.raises(DiagramRejected):
        desk.runtime.run(desk.actor, lambda work: commands.deploy(work, number, 1, "now"))
