"""CPU in the server per request: signed in, CSRF checked, fsync on.

python -m bench.pages: through the WSGI application, without a network in between.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from flask.testing import FlaskClient

import web
import wiring
from bench.engine import CLASSIFIED, OPEN_TASKS, RESOLVED, fill_worklist, open_task
from engine.commands import definitions
from engine.store.database import Database
from engine.store.unit_of_work import Runtime
from itil import cases, demo, sessions
from settings import Settings
from web.auth import SESSION

NUMBER = 100


class Spent:
    """CPU and wall time of requests of one kind."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.cpu = self.wall = 0.0
        self.fastest = float("inf")
        self.count = 0

    def run(self, act: Callable[[], object]) -> object:
        """Count one request."""
        cpu, wall = time.process_time(), time.perf_counter()
        answer = act()
        spent = time.process_time() - cpu
        self.cpu += spent
        self.fastest = min(self.fastest, spent)
        self.wall += time.perf_counter() - wall
        self.count += 1
        return answer

    def show(self) -> None:
        """Print the means, and the fastest, which a busy machine disturbs least."""
        cpu, wall = self.cpu * 1000 / self.count, self.wall * 1000 / self.count
        print(
            f"{self.label:44} {cpu:8.2f} ms CPU {wall:8.2f} ms wall   n={self.count}"
            f"  fastest {self.fastest * 1000:.2f} ms CPU"
        )


class Visitor:
    """A signed-in browser without a screen."""

    def __init__(self, runtime: Runtime, pages: web.Flask, login: str) -> None:
        token = runtime.run(wiring.OPERATOR, lambda work: sessions.begin(work, login, "::1"))
        self.client: FlaskClient = pages.test_client()
        self.client.set_cookie(SESSION, token)

    def fields(self, page: str) -> dict[str, str]:
        """The hidden fields that a form on a page carries."""
        text = self.client.get(page).get_data(as_text=True)
        found = re.findall(r'name="(csrf|key)" value="([^"]*)"', text)
        return dict(reversed(found))

    def post(self, spent: Spent, path: str, page: str, given: dict[str, object]) -> None:
        """Send a form; only the sending is measured."""
        data = {**self.fields(page), **{f"field.{name}": v for name, v in given.items()}}
        answer = spent.run(lambda: self.client.post(path, data=data))
        status = answer.status_code  # type: ignore[attr-defined]
        if status not in (302, 303):
            raise SystemExit(f"{path} answered {status}: ")  # type: ignore[attr-defined]


def work(runtime: Runtime, pages: web.Flask) -> Iterable[Spent]:
    """Raise, classify and diagnose incidents through the pages."""
    rita, ben, nora = (Visitor(runtime, pages, login) for login in ("rita", "ben", "nora"))
    spent = [Spent(f"POST {what}") for what in ("raise an incident", "classify", "diagnose")]
    for number in range(NUMBER + 1):
        if number == 1:  # the first one warmed up
            spent = [Spent(one.label) for one in spent]
        report = {"summary": f"VPN drops {number}", "description": "x" * 400, "urgency": 2}
        rita.post(spent[0], "/portal/report", "/portal/report", report)
        with runtime.read() as reader:
            newest = cases.search(reader, cases.Search(requester="rita"), limit=1)[0]
        for visitor, one, values in ((ben, spent[1], CLASSIFIED), (nora, spent[2], RESOLVED)):
            task = open_task(runtime, newest.instance_id)
            visitor.post(one, f"/tasks/{task}", f"/tasks/{task}", values)
    return spent


def reading(runtime: Runtime, pages: web.Flask) -> Iterable[Spent]:
    """Lists and cases, with 100,000 open tasks in the worklist."""
    fill_worklist(runtime, ["service-desk", "workplace", "network", "servers", "applications"])
    ben = Visitor(runtime, pages, "ben")
    for label, path in (
        (f"GET inbox, {OPEN_TASKS:,} open tasks", "/inbox?tab=groups"),
        ("GET case", "/cases/INC-5"),
    ):
        spent = Spent(label)
        ben.client.get(path)
        for _ in range(NUMBER):
            answer = spent.run(lambda path=path: ben.client.get(path))  # type: ignore[misc]
            if answer.status_code != 200:  # type: ignore[attr-defined]
                raise SystemExit(f"{path} answered {answer.status_code}")  # type: ignore[attr-defined]
        yield spent


def main() -> None:
    """Measure on SQLite in a file."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        wiring.migrate_database(database)
        runtime = wiring.build_runtime(Settings(), database)
        runtime.run(wiring.OPERATOR, lambda unit: definitions.ship(unit, wiring.shipped_files()))
        runtime.run(wiring.OPERATOR, demo.populate)
        pages = web.build(runtime, web.Settings(demo=True))
        wiring.settle_memory()  # as the server does
        for spent in (*work(runtime, pages), *reading(runtime, pages)):
            spent.show()
        database.close()


if __name__ == "__main__":
    main()
