"""Logs of states driven through problems and requests: what follows, and why not the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import wiring
from itil.replay import problem_states, request_states, states
from tests.office import Office

PROBLEMS = """Problem Number,state,ts
1,Queued/Awaiting Assignment,2026-03-02T10:00:00+00:00
1,Accepted/In Progress,2026-03-02T11:00:00+00:00
1,Accepted/Wait,2026-03-03T10:00:00+00:00
1,Accepted/In Progress,2026-03-04T10:00:00+00:00
1,Completed/Closed,2026-03-05T10:00:00+00:00
2,Accepted/In Progress,2026-03-02T10:30:00+00:00
2,Unmatched/Unmatched,2026-03-02T12:00:00+00:00
3,Accepted/In Progress,2026-03-02T10:30:00+00:00
3,Completed/Closed,2026-03-03T12:00:00+00:00
3,Accepted/In Progress,2026-03-08T12:00:00+00:00
4,Accepted/Assigned,2026-03-09T12:00:00+00:00
5,Accepted/Assigned,yesterday
"""
REQUESTS = """case,activity,resource,ts
1,Assign seriousness,Value 1,2026-03-02T10:00:00
1,Take in charge ticket,Value 2,2026-03-02T11:00:00
1,Wait,Value 2,2026-03-02T12:00:00
1,Resolve ticket,Value 2,2026-03-03T10:00:00
1,Take in charge ticket,Value 2,2026-03-03T11:00:00
1,Resolve ticket,Value 2,2026-03-03T12:00:00
1,Closed,Value 3,2026-03-04T10:00:00
2,Assign seriousness,Value 1,2026-03-02T10:00:00
2,INVALID,Value 1,2026-03-02T10:05:00
3,Assign seriousness,Value 1,2026-03-02T10:00:00
3,Resolve ticket,Value 1,2026-03-02T10:05:00
4,Closed,Value 1,2026-03-12T10:05:00
4,Assign seriousness,Value 1,2026-03-13T10:05:00
"""


def replay(office: Office, folder: Path, text: str, follower: states.Follower) -> states.Found:
    file = folder / "log.csv"
    file.write_text(text, "utf-8")
    return states.run(office.runtime, file, follower, lambda _: wiring.run_due(office.runtime))


def test_wf_11_problems_follow_their_log_and_say_why_not(office: Office, tmp_path: Path) -> None:
    found = replay(office, tmp_path, PROBLEMS, problem_states.Problems())

    assert (found.cases, found.lines, found.followed, found.closed) == (4, 11, 2, 1)
    reasons = dict(found.aside)
    assert sorted(map(tuple, reasons.values())) == [("2",), ("3",)]
    assert any("by an incident only" in reason for reason in reasons)
    assert found.broken == ["line 13: Invalid isoformat string: 'yesterday'"]
    assert "2 followed (50.00%)" in found.as_text()


def test_wf_11_requests_follow_their_log_and_say_why_not(office: Office, tmp_path: Path) -> None:
    found = replay(office, tmp_path, REQUESTS, request_states.Requests())

    assert (found.cases, found.followed, found.closed) == (4, 2, 2)
    assert sorted(map(tuple, found.aside.values())) == [("2",), ("4",)]


def test_a_log_without_its_columns_is_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(states.StatesInvalid, match="ts"):
        replay(office, tmp_path, "case,activity\n1,x\n", request_states.Requests())


LOGS = [
    ("bpic2013/closed_problems.csv.gz", problem_states.Problems(), 0.85),
    ("helpdesk_it/helpdesk.csv.gz", request_states.Requests(), 0.9),
]


@pytest.mark.slow
@pytest.mark.parametrize(("log", "follower", "share"), LOGS)
def test_wf_11_real_logs_follow_nearly_all(
    office: Office, log: str, follower: states.Follower, share: float
) -> None:
    folder = os.environ.get("SIGNALBOX_DATA")
    if not folder:
        pytest.skip("SIGNALBOX_DATA does not say where the real logs are.")

    found = states.run(
        office.runtime, Path(folder, log), follower, lambda _: wiring.run_due(office.runtime)
    )

    assert found.followed / found.cases > share, found.as_text()
