"""Messages published, waited for, expired and delivered at random, against a model of plain lists.

The engine runs on a database of its own; after every step both must tell the same of who got what
and of what is still kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import ManualClock
from engine.commands.messages import MessagePublishedBefore
from engine.store.catalogue import Catalogue
from engine.store.columns import metadata
from engine.store.database import Database
from engine.store.unit_of_work import Runtime
from engine.topics import Topics
from tests.conftest import MONDAY
from tests.desk import Case, Desk
from tests.drawing import catch, diagram, end, message, messages, script, start

#: Each instance waits for these, one after the other.
ORDER = ("a", "b", "a")
#: Waits for three messages of one key and remembers what each carried.
LISTENER = diagram(
    start(),
    *(catch(f"wait{n}", message(name)) for n, name in enumerate(ORDER)),
    *(script(f"note{n}", "=append(got, sent)", "got") for n in range(len(ORDER))),
    end(),
    flows=[
        ("begin", "wait0"),
        *((f"wait{n}", f"note{n}") for n in range(len(ORDER))),
        *((f"note{n}", f"wait{n + 1}") for n in range(len(ORDER) - 1)),
        (f"note{len(ORDER) - 1}", "done"),
    ],
    top=messages("a", "b", key="=order"),
)


@dataclass
class Listener:
    key: str
    got: list[int] = field(default_factory=list)

    @property
    def waits_for(self) -> tuple[str, str] | None:
        return None if len(self.got) == len(ORDER) else (ORDER[len(self.got)], self.key)


@dataclass
class Sent:
    number: int
    name: str
    key: str
    until: datetime
    identity: str | None
    caught: bool = False


@dataclass
class Model:
    """Who gets which message, by the rules and nothing else."""

    now: datetime = MONDAY
    listeners: list[Listener] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def publish(self, message_: Sent) -> bool:
        """Whether it counts."""
        same = (message_.name, message_.key, message_.identity)
        if message_.identity and any(
            (other.name, other.key, other.identity) == same and other.until > self.now
            for other in self.sent
        ):
            return False
        self.sent.append(message_)
        self.deliver(now_or_never=message_)
        return True

    def deliver(self, now_or_never: Sent | None = None) -> None:
        moved = True
        while moved:
            moved = False
            for listener in self.listeners:
                for message_ in self.sent:
                    fresh = message_.until > self.now or message_ is now_or_never
                    wanted = listener.waits_for == (message_.name, message_.key)
                    if fresh and wanted and not message_.caught:
                        message_.caught = moved = True
                        listener.got.append(message_.number)

    def kept(self) -> list[tuple[str, str]]:
        return [(m.name, m.key) for m in self.sent if m.until > self.now and not m.caught]


KEYS = st.sampled_from(["1", "2"])
Publish: TypeAlias = tuple[str, str, int, str | None]
Action: TypeAlias = Publish | str | int
#: A message (name, key, minutes it lives, id); the key of a new instance; minutes that pass.
ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["a", "b"]),
            KEYS,
            st.sampled_from([0, 10, 30]),
            st.sampled_from([None, None, "x"]),
        ),
        KEYS,
        st.sampled_from([5, 10, 25]),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS)
def test_everybody_gets_what_the_rules_give_them(actions: list[Action]) -> None:
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'm.sqlite'}", safe=False)
        metadata.create_all(database.engine)
        clock = ManualClock(MONDAY)
        desk = Desk(Runtime(database, clock, Topics(), Catalogue()), clock)
        desk.deploy(LISTENER)
        walk(desk, actions)
        database.close()


def walk(desk: Desk, actions: list[Action]) -> None:
    model, instances = Model(), list[Case]()
    for number, action in enumerate(actions):
        if isinstance(action, int):
            model.now += timedelta(minutes=action)
            desk.advance(minutes=action)
        elif isinstance(action, str):
            model.listeners.append(Listener(action))
            model.deliver()
            instances.append(desk.start(key=f"C-{number}", got=[], order=action))
        else:
            publish(desk, model, number, action)
        assert [case.variable("got") for case in instances] == [m.got for m in model.listeners]
        assert desk.kept() == model.kept()


def publish(desk: Desk, model: Model, number: int, action: Publish) -> None:
    name, key, minutes, identity = action
    until = model.now + timedelta(minutes=minutes)
    lives = f"PT{minutes}M" if minutes else "PT0S"
    options = {"values": {"sent": number}, "lives": lives, "message_id": identity}
    if model.publish(Sent(number, name, key, until, identity)):
        desk.publish(name, key, **options)
    else:
        with pytest.raises(MessagePublishedBefore):
            desk.publish(name, key, **options)
