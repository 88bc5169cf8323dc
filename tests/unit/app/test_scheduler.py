"""The scheduler's heartbeat: from the start on, and only from jobs that went well."""

from datetime import timedelta

from engine.clock import ManualClock
from engine.jobs.scheduler import Job, Scheduler
from tests.conftest import MONDAY


def test_a_scheduler_beats_from_its_start_and_not_for_jobs_that_fail() -> None:
    clock = ManualClock(MONDAY)

    def fails() -> None:
        raise OSError("the disk is full")

    scheduler = Scheduler(clock, [Job("works", 3600, lambda: None), Job("fails", 3600, fails)])
    assert scheduler.heartbeats() == {}
    scheduler.start()
    try:
        assert set(scheduler.heartbeats()) == {"works", "fails"}
    finally:
        scheduler.stop()
    clock.advance(timedelta(hours=1))

    assert scheduler.heartbeats()["fails"] == MONDAY
