"""Links, escalations and conditions."""

import pytest

from engine.errors import DiagramRejected
from tests.desk import Desk
from tests.drawing import (
    boundary,
    catch,
    conditional,
    diagram,
    end,
    escalation,
    escalations,
    exclusive,
    inclusive,
    link,
    parallel,
    script,
    start,
    sub,
    throw,
    user,
)
from tests.proofs import proves


@proves("intermediateThrowEvent link", "intermediateCatchEvent link")
def test_a_link_goes_on_where_it_leads(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            exclusive("g", default="g_away"),
            throw("away", link("far")),
            throw("off", link("far")),
            catch("here", link("far")),
            user("work"),
            end(),
            flows=[
                ("begin", "g"),
                ("g", "away"),
                ("g", "off", "=other"),
                ("here", "work"),
                ("work", "done"),
            ],
        ),
    )
    case = desk.start()
    assert case.waits_at() == ["work"]
    case.complete("work")
    assert case.status == "completed"
    assert dict(case.path().completed)["away"] == 1
    assert desk.start(other=True).waits_at() == ["work"]


def test_an_inclusive_join_knows_what_can_still_come_by_a_link(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            parallel("f"),
            user("a", "b", "after"),
            throw("away", link("far")),
            catch("here", link("far")),
            inclusive("join"),
            end(),
            flows=[
                ("begin", "f"),
                ("f", "a"),
                ("f", "b"),
                ("a", "away"),
                ("here", "join"),
                ("b", "join"),
                ("join", "after"),
                ("after", "done"),
            ],
        ),
    )
    case = desk.start()
    case.complete("b")
    assert case.waits_at() == ["a"]
    case.complete("a")
    assert case.waits_at() == ["after"]


def test_a_link_without_target_is_refused(desk: Desk) -> None:
    away = diagram(start(), throw("away", link("far")), flows=[("begin", "away")])
    with pytest.raises(DiagramRejected, match="'away': 0 catching link events are named 'far'"):
        desk.deploy(away)


def escalating(*, interrupting: bool, code: str = "late") -> bytes:
    return diagram(
        start(),
        sub(
            "outer",
            start("i"),
            sub(
                "inner",
                start("j"),
                user("work"),
                throw("raise", escalation("late")),
                user("more"),
                end("k"),
                flows=[("j", "work"), ("work", "raise"), ("raise", "more"), ("more", "k")],
            ),
            end("o"),
            flows=[("i", "inner"), ("inner", "o")],
        ),
        boundary("help", "outer", escalation(code), interrupting=interrupting),
        user("manager"),
        end(),
        end("m"),
        flows=[("begin", "outer"), ("outer", "done"), ("help", "manager"), ("manager", "m")],
        top=escalations("late", "other"),
    )


@proves("intermediateThrowEvent escalation", "boundaryEvent escalation")
def test_an_escalation_is_caught_outside_and_work_goes_on(desk: Desk) -> None:
    desk.deploy(escalating(interrupting=False))
    case = desk.start()
    case.complete("work")

    assert case.waits_at() == ["manager", "more"]
    case.complete("more")
    case.complete("manager")
    assert case.status == "completed"


@pytest.mark.parametrize("code", ["late", ""])
def test_an_interrupting_escalation_takes_the_work_away(desk: Desk, code: str) -> None:
    desk.deploy(escalating(interrupting=True, code=code))
    case = desk.start()
    case.complete("work")

    assert case.waits_at() == ["manager"]


def test_an_escalation_that_nothing_catches_is_recorded_and_ignored(desk: Desk) -> None:
    desk.deploy(escalating(interrupting=True, code="other"))
    case = desk.start()
    case.complete("work")

    assert case.waits_at() == ["more"]
    assert case.trail()[-1].details["uncaught"] == ["raise"]


@proves("endEvent escalation")
def test_an_escalation_end_event_ends_its_path_only(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            sub(
                "inside",
                start("i"),
                parallel("f"),
                user("a", "b"),
                end("up", escalation("late")),
                end("ok"),
                flows=[("i", "f"), ("f", "a"), ("f", "b"), ("a", "up"), ("b", "ok")],
            ),
            boundary("help", "inside", escalation(), interrupting=False),
            user("manager"),
            end(),
            end("m"),
            flows=[("begin", "inside"), ("inside", "done"), ("help", "manager"), ("manager", "m")],
            top=escalations("late"),
        ),
    )
    case = desk.start()
    case.complete("a")
    assert case.waits_at() == ["b", "manager"]

    case.complete("b")
    case.complete("manager")
    assert case.status == "completed"


@proves("intermediateCatchEvent conditional")
def test_a_condition_is_waited_for_until_the_variables_meet_it(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            parallel("f"),
            catch("enough", conditional("=count(votes) > 1")),
            user("vote", "again"),
            end(),
            end("voted"),
            flows=[
                ("begin", "f"),
                ("f", "enough"),
                ("f", "vote"),
                ("vote", "again"),
                ("again", "voted"),
                ("enough", "done"),
            ],
        ),
    )
    case = desk.start(votes=[])
    case.complete("vote", votes=["a"])
    assert "enough" in case.path().active
    case.complete("again", votes=["a", "b"])
    assert case.status == "completed"

    assert "enough" not in desk.start(votes=[1, 2]).path().active


@proves("boundaryEvent conditional")
def test_a_condition_at_the_border_fires_each_time_it_becomes_true(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            parallel("f"),
            user("work", "measure", "cool", "flee"),
            exclusive("m"),
            boundary("hot", "work", conditional("heat > 30"), interrupting=False),
            boundary("fire", "work", conditional("=heat > 90")),
            script("note", "=heat", "noted"),
            end(),
            end("c"),
            end("x"),
            flows=[
                ("begin", "f"),
                ("f", "work"),
                ("work", "done"),
                ("f", "m"),
                ("m", "measure"),
                ("measure", "note"),
                ("note", "m"),
                ("note", "c", "=heat = null"),
                ("hot", "cool"),
                ("cool", "c"),
                ("fire", "flee"),
                ("flee", "x"),
            ],
        ),
    )
    case = desk.start(heat=20)
    for heat, cooling in ((25, 0), (35, 1), (40, 1), (20, 1), (50, 2)):
        case.complete("measure", heat=heat)
        assert case.waits_at().count("cool") == cooling

    case.complete("measure", heat=100)

    assert case.waits_at() == ["cool", "cool", "flee", "measure"]


def test_a_conditional_event_without_a_condition_is_refused(desk: Desk) -> None:
    with pytest.raises(DiagramRejected, match="'c': It has no condition"):
        desk.deploy(
            diagram(
                start(),
                catch("c", conditional("")),
                end(),
                flows=[("begin", "c"), ("c", "done")],
            ),
        )
