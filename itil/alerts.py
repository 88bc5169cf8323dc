"""Alerts of monitoring: one case for what is wrong, however often it is said (EVT-01, EVT-02).

An alert has a key of its own. While it is wrong it has one incident; what is said again is counted,
what is over clears the incident. Where many alerts of one group or item come within minutes, they
hang on the first case: that is a storm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)

from engine.commands import messages
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.database import queue_for
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import cases
from itil.case_record import CLOSED
from itil.case_record import table as case_rows

KINDS = ("informational", "warning", "exception")
#: Alerts of one group within this time are one storm.
STORM = timedelta(minutes=10)
#: What is over is told to its case for this long, should it not listen yet.
TOLD_FOR = "P7D"

table = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(60), nullable=False),
    Column("key", String(300), nullable=False),
    Column("together", String(300), nullable=False),  # what a storm has in common
    Column("kind", String(20), nullable=False),
    Column("summary", Text, nullable=False),
    Column("ci", String(100)),
    Column("state", String(20), nullable=False),  # firing, resolved, noted
    Column("heard", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("number", String(100)),  # of its case
)
Index("ix_alerts_key", table.c.source, table.c.key, unique=True)
Index("ix_alerts_together", table.c.together, table.c.last_at)


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that monitoring says."""

    source: str
    key: str  #: the same for the same trouble
    summary: str
    firing: bool
    severity: str  #: in the words of its source
    description: str = ""
    ci: str | None = None
    service: str | None = None
    together: str = ""  #: what a storm has in common: group of alerts, host


_KNOWN = select(table).where(table.c.source == bindparam("source"), table.c.key == bindparam("key"))


def take(work: UnitOfWork, alerts: Iterable[Alert]) -> dict[str, int]:
    """Note alerts, and open, count or clear incidents; answers how many of each."""
    done = {"opened": 0, "attached": 0, "repeated": 0, "cleared": 0, "noted": 0}
    for alert in alerts:
        # Two posts of the same alert at once wait for each other.
        queue_for(work.connection, f"alert:{alert.source}")
        done[_one(work, alert)] += 1
    return done


def _one(work: UnitOfWork, alert: Alert) -> str:
    known = work.connection.execute(_KNOWN, {"source": alert.source, "key": alert.key}).first()
    if not alert.firing:
        return _over(work, known)
    kind = _kind(work, alert)
    if known is not None and known.state == "firing" and _is_open(work, known.number):
        raised = {"heard": known.heard + 1, "last_at": work.now}
        work.connection.execute(update(table).where(table.c.id == known.id).values(raised))
        return "repeated"
    number, did = None, "noted"
    if kind != "informational":
        number, did = _case(work, alert, kind)
    row: dict[str, Any] = {
        "source": alert.source,
        "key": alert.key,
        "together": alert.together or alert.key,
        "kind": kind,
        "summary": alert.summary[:1000],
        "ci": alert.ci,
        "state": "firing" if number else "noted",
        "last_at": work.now,
        "number": number,
    }
    if known is None:
        work.connection.execute(insert(table), {**row, "heard": 1, "first_at": work.now})
    else:
        row["heard"] = known.heard + 1
        work.connection.execute(update(table).where(table.c.id == known.id).values(row))
    details = {"key": alert.key, "kind": kind, "case": number}
    work.record(audit.Draft("system", f"alert.{did}", f"alert:{alert.source}", details))
    return did


def _kind(work: UnitOfWork, alert: Alert) -> str:
    """Informational, warning or exception, by the table `event_kind` (EVT-02)."""
    _, model = work.runtime.catalogue.decision(work.connection, "event_kind")
    given = {"source": alert.source, "severity": alert.severity.lower()}
    found = str(model.decide("event_kind", given, work.now).result)
    return found if found in KINDS else "exception"


def _case(work: UnitOfWork, alert: Alert, kind: str) -> tuple[str, str]:
    """The number of the case that an alert belongs to, and whether it is new."""
    since = work.now - STORM
    together = alert.together or alert.key
    near = (
        select(table.c.number)
        .join(case_rows, case_rows.c.number == table.c.number)
        .where(
            table.c.together == together,
            table.c.last_at >= since,
            table.c.state == "firing",
            case_rows.c.state.not_in(CLOSED),
        )
        .order_by(table.c.first_at)
        .limit(1)
    )
    first = work.connection.execute(near).scalar()
    if first is not None:
        return first, "attached"
    level = 1 if kind == "exception" else 3
    given = {
        "summary": alert.summary[:300],
        "description": alert.description[:4000],
        "requester": work.actor.name,
        "channel": "monitoring",
        "impact": level,
        "urgency": level,
        **({"ci": alert.ci} if alert.ci else {}),
        **({"service": alert.service} if alert.service else {}),
    }
    opened: str = cases.open_case(work, "incident", given)["number"]
    return opened, "opened"


def _over(work: UnitOfWork, known: Any) -> str:  # noqa: ANN401 - a row
    if known is None or known.state != "firing":
        return "noted"
    over = {"state": "resolved", "last_at": work.now}
    work.connection.execute(update(table).where(table.c.id == known.id).values(over))
    still = select(table.c.id).where(table.c.number == known.number, table.c.state == "firing")
    if work.connection.execute(still.limit(1)).first() is None and _is_open(work, known.number):
        values = {"resolution_code": "gone", "resolution": f"Over: {known.summary}"}
        messages.publish(work, "incident-cleared", known.number, values, lives=TOLD_FOR)
    return "cleared"


def _is_open(work: UnitOfWork, number: str | None) -> bool:
    found = cases.by_numbers(work, [number] if number else [])
    return bool(found) and not any(case.closed for case in found.values())


def of_case(reader: Reader, number: str) -> list[Any]:
    """Alerts that belong to a case, the latest first."""
    query = select(table).where(table.c.number == number).order_by(table.c.last_at.desc())
    return list(reader.connection.execute(query.limit(100)))


# -- the shapes of sources


def alertmanager(body: Mapping[str, Any]) -> list[Alert]:
    """The webhook of Prometheus Alertmanager."""
    found = []
    for one in _objects(body.get("alerts")):
        labels, notes = _texts(one.get("labels")), _texts(one.get("annotations"))
        name = labels.get("alertname", "alert")
        host = labels.get("instance", "").partition(":")[0]
        found.append(
            Alert(
                source="alertmanager",
                key=str(one.get("fingerprint") or "/".join(map(str, sorted(labels.items()))))[:300],
                summary=notes.get("summary") or f"{name} {host}".strip(),
                description=notes.get("description", ""),
                firing=one.get("status", body.get("status")) != "resolved",
                severity=labels.get("severity", ""),
                ci=labels.get("ci") or host or None,
                service=labels.get("service"),
                together=str(body.get("groupKey") or name)[:300],
            )
        )
    return found


def zabbix(body: Mapping[str, Any]) -> list[Alert]:
    """A webhook media type of Zabbix, with the macros as fields."""
    said = _texts(body)
    host = said.get("host") or said.get("hostname") or said.get("host_name", "")
    key = said.get("event_id") or said.get("eventid") or said.get("trigger_id", "")
    name = said.get("subject") or said.get("event_name") or said.get("trigger_name") or "Zabbix"
    value = said.get("event_value") or said.get("value") or said.get("status", "1")
    return [
        Alert(
            source="zabbix",
            key=(said.get("trigger_id") or key or f"{host}/{name}")[:300],
            summary=name,
            description=said.get("message", ""),
            firing=value.upper() not in ("0", "OK", "RESOLVED"),
            severity=said.get("severity") or said.get("event_severity", ""),
            ci=host or None,
            together=f"zabbix/{host or name}"[:300],
        )
    ]


def nagios(body: Mapping[str, Any]) -> list[Alert]:
    """A notification command of Nagios or Icinga, with the macros as fields."""
    said = {name.lower(): text for name, text in _texts(body).items()}
    host = said.get("hostname") or said.get("host_name") or said.get("host", "")
    service = said.get("servicedesc") or said.get("service_description") or said.get("service", "")
    state = said.get("servicestate") or said.get("hoststate") or said.get("state", "CRITICAL")
    kind = said.get("notificationtype") or said.get("notification_type", "")
    return [
        Alert(
            source="nagios",
            key=f"{host}/{service}"[:300],
            summary=f"{service or 'Host'} on {host}: {state}",
            description=said.get("serviceoutput")
            or said.get("hostoutput")
            or said.get("output", ""),
            firing=state.upper() not in ("OK", "UP") and kind.upper() != "RECOVERY",
            severity=state,
            ci=host or None,
            together=f"nagios/{host}"[:300],
        )
    ]


def generic(body: Mapping[str, Any]) -> list[Alert]:
    """Our own shape: key, summary, state, severity, ci, service, group; one, or a list `alerts`."""
    listed = _objects(body.get("alerts")) or [body]
    found = []
    for one in listed:
        said = _texts(one)
        summary = said.get("summary") or said.get("key") or "Alert"
        found.append(
            Alert(
                source="generic",
                key=(said.get("key") or summary)[:300],
                summary=summary,
                description=said.get("description", ""),
                firing=said.get("state", "firing").lower() not in ("resolved", "ok", "closed"),
                severity=said.get("severity", ""),
                ci=said.get("ci"),
                service=said.get("service"),
                together=said.get("group", "")[:300],
            )
        )
    return found


SOURCES = {"alertmanager": alertmanager, "zabbix": zabbix, "nagios": nagios, "generic": generic}


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {
        str(name): str(text)
        for name, text in value.items()
        if isinstance(text, str | int | float) and not isinstance(text, bool)
    }
