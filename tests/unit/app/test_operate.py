"""Jobs, messages and tokens on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.commands import instances
from engine.queries import instances as queries
from tests.drawing import diagram, end, service, start, user
from tests.unit.app.test_command_line import Runner
from wiring import OPERATOR, opened

PROCESS = diagram(
    start(),
    service("ship", "parcel.ship"),
    user("check"),
    end(),
    flows=[("begin", "ship"), ("ship", "check"), ("check", "done")],
    pid="parcel",
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    monkeypatch.setenv("SIGNALBOX_DATABASE", f"sqlite:///{tmp_path / 'cli.sqlite'}")
    runner = Runner()
    file = tmp_path / "parcel.bpmn"
    file.write_bytes(PROCESS)
    assert runner("deploy", file, "--reason", "try").exit_code == 0
    with opened(ship=False) as installation:
        start_one = lambda work: instances.start(work, "parcel", {})  # noqa: E731
        installation.runtime.run(OPERATOR, start_one)
    return runner


def variables() -> object:
    with opened(ship=False) as installation, installation.runtime.read() as reader:
        return dict(queries.get(reader, 1).variables)


def test_jobs_are_listed_by_what_they_wait_for(run: Runner) -> None:
    listed = run("jobs", "list", "--state", "ready")
    assert listed.output == "1\tinstance 1\tship\tparcel.ship\t0 failed, 3 left\t\n"
    assert run("jobs", "list").output == "Nothing waits here.\n"
    assert run("jobs", "list", "--state", "ready", "--type", "x").output == "Nothing waits here.\n"


def test_a_job_is_skipped_with_an_outcome(run: Runner) -> None:
    assert run("jobs", "skip", 1, "--outcome", '{"a": 1}').exit_code == 2
    skipped = run("jobs", "skip", 1, "--outcome", '{"a": 1}', "--reason", "by hand")
    assert (skipped.exit_code, skipped.output) == (0, "The process goes on.\n")
    assert variables() == {"a": 1}
    again = run("jobs", "skip", 1, "--reason", "twice")
    assert (again.exit_code, "There is no job 1" in again.output) == (1, True)


@pytest.mark.parametrize("outcome", ["{", "[1]", '{"": 1}'])
def test_an_outcome_that_is_none_is_refused_in_a_line(run: Runner, outcome: str) -> None:
    answer = run("jobs", "skip", 1, "--outcome", outcome, "--reason", "by hand")
    assert (answer.exit_code, answer.output.count("\n")) == (1, 1)
    assert "signalbox: The variables are no JSON" in answer.output
    assert variables() == {}


def test_a_job_is_tried_again_and_a_stalled_instance_taken_up(run: Runner) -> None:
    assert run("jobs", "retry", 1).output == "The process goes on.\n"
    answer = run("jobs", "retry", 1, "--instance")
    assert (answer.exit_code, "is active, not stalled" in answer.output) == (1, True)


def test_a_token_is_made_listed_and_revoked(run: Runner) -> None:
    made = run("token", "make", "robot", "--job", "parcel.ship", "--job", "parcel.lose")
    assert made.output.startswith("sbx_")
    listed = run("token", "list").output
    assert listed.startswith("1\trobot\tcurrent\t")
    assert listed.endswith("\tjobs: parcel.lose, parcel.ship\n")
    assert made.output.strip() not in listed

    assert run("token", "revoke", 1).output == "Token 1 is refused from now on.\n"
    assert "\trevoked\t" in run("token", "list").output
    assert run("token", "revoke", 9).exit_code == 1
    assert "is for nothing" in run("token", "make", "idle").output


def test_a_message_is_sent_and_kept_where_nobody_waits(run: Runner) -> None:
    words = ("publish", "order-paid", "4711", "--values", '{"amount": 70}', "--id", "A-1")
    assert run(*words).output == "Nobody waits for it now.\n"
    assert "with the id 'A-1' was published before" in run(*words).output
    assert "The variables are no JSON: " in run("publish", "paid", "1", "--values", "{").output
    assert "are no JSON object with names" in run("publish", "paid", "1", "--values", "[]").output
    assert "duration 'soon' cannot be read" in run("publish", "paid", "--lives", "soon").output
