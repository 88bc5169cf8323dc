"""APScheduler as an in-memory clock: it says when to look, the database says what is due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

from engine.clock import Clock

log = logging.getLogger("signalbox.scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again."""

    name: str
    every: int  #: seconds
    run: Callable[[], object]


class Scheduler:
    """Runs jobs in the background of the one process that owns the database."""

    def __init__(self, clock: Clock, jobs: list[Job]) -> None:
        self._clock = clock
        self._last: dict[str, datetime] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in jobs:
            self._scheduler.add_job(
                self._run, "interval", seconds=job.every, id=job.name, args=[job]
            )

    def start(self) -> None:
        """Begin; every job also runs at once, for what fell due while we were away."""
        begun = self._clock.now()
        self._last = {job.id: begun for job in self._scheduler.get_jobs()}
        self._scheduler.start()
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))  # noqa: TID251 - APScheduler's own time

    def stop(self) -> None:
        """Stop after the running jobs."""
        self._scheduler.shutdown(wait=True)

    def heartbeats(self) -> Mapping[str, datetime]:
        """When each job last finished well; the start, where it has not yet."""
        return dict(self._last)

    def _run(self, job: Job) -> None:
        try:
            job.run()
        except Exception:  # a job that fails is tried again at its next turn
            log.exception("Job %s failed.", job.name, extra={"action": "job.failed"})
        else:
            self._last[job.name] = self._clock.now()
