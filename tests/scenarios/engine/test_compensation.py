"""Compensation and transactions: undoing what was done, the latest first."""

import pytest

from engine.errors import DiagramRejected
from engine.topics import Outcome, Topics
from tests.desk import Desk
from tests.drawing import (
    CANCEL,
    boundary,
    compensate,
    compensating,
    diagram,
    end,
    error,
    errors,
    event_sub,
    exclusive,
    repeated,
    service,
    start,
    sub,
    throw,
    user,
)
from tests.proofs import proves


@pytest.fixture
def undone(topics: Topics) -> list[str]:
    """What handlers have undone, in order."""
    found: list[str] = []

    for name in ("hotel", "flight", "car"):

        @topics.handles(f"undo-{name}")
        def undo(name: str = name) -> Outcome:
            found.append(name)
            return Outcome({f"{name}_undone": True})

    return found


def booking(name: str) -> str:
    """A task that a handler undoes."""
    return user(name) + compensating(name, service(f"cancel_{name}", f"undo-{name}"))


def trip(trigger: str, *more: str) -> bytes:
    return diagram(
        start(),
        booking("hotel"),
        booking("flight"),
        user("check"),
        exclusive("g", default="g_undo"),
        booking("car"),
        throw("undo", trigger),
        user("tell"),
        end(),
        end("told"),
        *more,
        flows=[
            ("begin", "hotel"),
            ("hotel", "flight"),
            ("flight", "check"),
            ("check", "g"),
            ("g", "car", "=good"),
            ("car", "done"),
            ("g", "undo"),
            ("undo", "tell"),
            ("tell", "told"),
        ],
    )


@proves("intermediateThrowEvent compensate", "boundaryEvent compensate")
def test_what_was_completed_is_undone_the_latest_first(desk: Desk, undone: list[str]) -> None:
    desk.deploy(trip(compensate()))
    case = desk.start()
    for element in ("hotel", "flight", "check"):
        case.complete(element)

    assert undone == ["flight", "hotel"]
    assert case.waits_at() == ["tell"]
    assert case.variable("flight_undone") is True
    case.complete("tell")
    assert case.status == "completed"


def test_one_activity_may_be_named(desk: Desk, undone: list[str]) -> None:
    desk.deploy(trip(compensate("hotel")))
    case = desk.start()
    for element in ("hotel", "flight", "check"):
        case.complete(element)
    assert (undone, case.waits_at()) == (["hotel"], ["tell"])


def test_nothing_is_undone_when_all_goes_well(desk: Desk, undone: list[str]) -> None:
    desk.deploy(trip(compensate()))
    case = desk.start()
    for element in ("hotel", "flight"):
        case.complete(element)
    case.complete("check", good=True)
    case.complete("car")
    assert (case.status, undone) == ("completed", [])


@proves("endEvent compensate")
def test_undoing_may_take_people_and_the_end_waits_for_them(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("a"),
            compensating("a", user("undo_a")),
            user("b"),
            compensating("b", user("undo_b")),
            end("back", compensate()),
            flows=[("begin", "a"), ("a", "b"), ("b", "back")],
        ),
    )
    case = desk.start()
    case.complete("a")
    case.complete("b")
    assert case.waits_at() == ["undo_b"]
    case.complete("undo_b")
    assert case.waits_at() == ["undo_a"]
    case.complete("undo_a")
    assert case.status == "completed"


def test_a_completed_sub_process_is_undone_by_what_it_left(desk: Desk, undone: list[str]) -> None:
    inner = sub(
        "inner",
        start("i"),
        booking("hotel"),
        booking("flight"),
        end("o"),
        flows=[("i", "hotel"), ("hotel", "flight"), ("flight", "o")],
    )
    desk.deploy(
        diagram(
            start(),
            booking("car"),
            inner,
            user("check"),
            throw("undo", compensate("inner")),
            user("tell"),
            throw("rest", compensate()),
            end(),
            flows=[
                ("begin", "car"),
                ("car", "inner"),
                ("inner", "check"),
                ("check", "undo"),
                ("undo", "tell"),
                ("tell", "rest"),
                ("rest", "done"),
            ],
        ),
    )
    case = desk.start()
    for element in ("car", "hotel", "flight", "check"):
        case.complete(element)
    assert undone == ["flight", "hotel"]
    case.complete("tell")
    assert (undone, case.status) == (["flight", "hotel", "car"], "completed")


def test_an_undoing_of_its_own_stands_for_all_inside(desk: Desk, undone: list[str]) -> None:
    inner = sub(
        "inner", start("i"), booking("hotel"), end("o"), flows=[("i", "hotel"), ("hotel", "o")]
    )
    desk.deploy(
        diagram(
            start(),
            repeated(inner, "=[1, 2]"),
            compensating("inner", service("all", "undo-car")),
            end("back", compensate()),
            flows=[("begin", "inner"), ("inner", "back")],
        ),
    )
    case = desk.start()
    case.complete("hotel")
    assert (undone, case.waits_at()) == ([], ["hotel"])
    case.complete("hotel")
    assert (undone, case.status) == (["car"], "completed")


def test_an_event_sub_process_undoes_what_its_scope_did(desk: Desk, undone: list[str]) -> None:
    handling = event_sub("oops", error("broken")).replace(
        '<bpmn:endEvent id="oops_end"></bpmn:endEvent>', end("oops_end", compensate())
    )
    desk.deploy(
        diagram(
            start(),
            booking("hotel"),
            end("bad", error("broken")),
            handling,
            flows=[("begin", "hotel"), ("hotel", "bad")],
            top=errors("broken"),
        ),
    )
    case = desk.start()
    case.complete("hotel")
    assert (undone, case.waits_at()) == ([], ["oops_work"])
    case.complete("oops_work")
    assert (undone, case.status) == (["hotel"], "completed")


def transaction(*more: str) -> bytes:
    return diagram(
        start(),
        sub(
            "trip",
            start("i"),
            booking("hotel"),
            user("check"),
            exclusive("g", default="g_ok"),
            end("ok"),
            end("no", CANCEL),
            flows=[
                ("i", "hotel"),
                ("hotel", "check"),
                ("check", "g"),
                ("g", "ok"),
                ("g", "no", "=bad"),
            ],
            kind="transaction",
        ),
        *more,
        user("after"),
        end(),
        flows=[
            ("begin", "trip"),
            ("trip", "after"),
            ("after", "done"),
            *([("cancelled", "tell"), ("tell", "x")] if more else []),
        ],
    )


@proves("transaction", "endEvent cancel", "boundaryEvent cancel")
def test_a_cancelled_transaction_is_undone_and_goes_on_elsewhere(
    desk: Desk, undone: list[str]
) -> None:
    desk.deploy(transaction(boundary("cancelled", "trip", CANCEL), user("tell"), end("x")))
    good, bad = desk.start(), desk.start()
    for case in (good, bad):
        case.complete("hotel")
    good.complete("check")
    bad.complete("check", bad=True)

    assert (good.waits_at(), bad.waits_at()) == (["after"], ["tell"])
    assert undone == ["hotel"]
    bad.complete("tell")
    assert bad.status == "completed"


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        (transaction(), "'no': Nothing goes on from transaction 'trip'"),
        (
            diagram(start(), end("no", CANCEL), flows=[("begin", "no")]),
            "'no': It is no event of a transaction",
        ),
        (
            diagram(
                start(),
                user("a"),
                boundary("u", "a", compensate()),
                end(),
                flows=[("begin", "a"), ("a", "done")],
            ),
            "'u': It is not joined to one activity marked for compensation",
        ),
        (trip(compensate("nowhere")), "'undo': There is no 'nowhere'"),
    ],
)
def test_what_could_not_be_undone_is_refused(
    desk: Desk, undone: list[str], source: bytes, finding: str
) -> None:
    assert undone == []
    with pytest.raises(DiagramRejected, match=finding):
        desk.deploy(source)
