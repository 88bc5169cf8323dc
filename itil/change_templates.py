"""Templates of standard changes: approved by a second person, valid for a time (CHG-04, CHG-05)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, String, Table, Text, insert, select, update

from engine.errors import Forbidden, NotFound, Rejected
from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork

STATUSES = ("proposed", "approved", "suspended", "retired")

table = Table(
    "change_templates",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("name_zh", String(200), nullable=False),
    Column("service", String(200)),  # None: any
    Column("cis", Json, nullable=False),  # items it is for; empty: any
    Column("plan", Text, nullable=False),
    Column("test_plan", Text, nullable=False),
    Column("backout_plan", Text, nullable=False),
    Column("tolerated", Integer, nullable=False),  # failures before it is suspended
    Column("failed", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("author", String(100), nullable=False),
    Column("approver", String(100)),
    Column("valid_until", Moment),
)

_TEXTS = ("name", "plan", "test_plan", "backout_plan")


class TemplateNotFound(NotFound):
    """There is no such template."""

    code: ClassVar[str] = "change-template.not-found"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no change template '{key}'. Look at the list of templates.")


class TemplateInvalid(Rejected):
    """A template cannot be like this."""

    code: ClassVar[str] = "change-template.invalid"


class OwnTemplate(Forbidden):
    """Nobody approves a template of their own."""

    code: ClassVar[str] = "change-template.own"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"You wrote template '{key}'. Let another person approve it.")


@dataclass(frozen=True, slots=True)
class Template:
    """A version of a template."""

    key: str
    version: int
    status: str
    name: str
    name_zh: str
    service: str | None
    cis: list[str]
    plan: str
    test_plan: str
    backout_plan: str
    tolerated: int
    failed: int
    used: int
    author: str
    approver: str | None
    valid_until: datetime | None

    def usable(self, now: datetime) -> bool:
        """Whether standard changes may be made from it."""
        return self.status == "approved" and (self.valid_until is None or now < self.valid_until)

    def deviation(self, plan: Mapping[str, object]) -> str:
        """In what a change departs from it; empty where it does not."""
        if self.service and plan.get("service") != self.service:
            return f"service '{plan.get('service')}' instead of '{self.service}'"
        named = plan.get("cis")
        beyond = sorted(set(named if isinstance(named, list) else []) - set(self.cis))
        if self.cis and beyond:
            return f"items that it is not for: {', '.join(map(str, beyond))}"
        for name in ("plan", "backout_plan"):
            said = str(plan.get(name) or "").strip()
            if said and said != getattr(self, name).strip():
                return f"another {name.replace('_', ' ')}"
        return ""


_COLUMNS = tuple(table.c[field.name] for field in fields(Template))


def _one(work: UnitOfWork | Reader, key: str, *, approved: bool = False) -> Template:
    query = select(*_COLUMNS).where(table.c.key == key).order_by(table.c.version.desc())
    if approved:
        query = query.where(table.c.approver.is_not(None))
    row = work.connection.execute(query.limit(1)).first()
    if row is None:
        raise TemplateNotFound(key)
    return Template(*row)


# -- commands


def propose(work: UnitOfWork, key: str, values: Mapping[str, Any]) -> int:
    """Write the next version of a template; answers its number. The approved one stays in use.

    Raises:
        TemplateInvalid: a text is missing.
    """
    missing = [name for name in _TEXTS if not str(values.get(name) or "").strip()]
    if missing or not key.strip():
        raise TemplateInvalid(
            f"Template '{key}': {', '.join(missing) or 'its key'} is missing. Write it."
        )
    query = select(table.c.version).where(table.c.key == key).order_by(table.c.version.desc())
    version = (work.connection.execute(query.limit(1)).scalar() or 0) + 1
    row = {
        **{name: str(values[name]).strip() for name in _TEXTS},
        "name_zh": str(values.get("name_zh") or "").strip(),
        "service": values.get("service") or None,
        "cis": list(values.get("cis") or ()),
        "tolerated": int(values.get("tolerated") or 0),
        "key": key,
        "version": version,
        "status": "proposed",
        "author": work.actor.name,
        "failed": 0,
        "used": 0,
        "approver": None,
        "valid_until": None,
    }
    work.connection.execute(insert(table), row)
    _record(work, "change-template.proposed", key, {"version": version})
    return version


def approve(work: UnitOfWork, key: str, days: int) -> None:
    """Approve the newest version for some days.

    Raises:
        TemplateNotFound: there is none.
        OwnTemplate: whoever approves it wrote it.
        TemplateInvalid: it is no proposal, or the days are not 1 to 1,000.
    """
    found = _one(work, key)
    if found.author == work.actor.name:
        raise OwnTemplate(key)
    if found.status not in ("proposed", "suspended") or not 0 < days <= 1000:  # noqa: PLR2004
        raise TemplateInvalid(
            f"Template '{key}' is {found.status}. Only what is proposed or suspended is approved, "
            "for 1 to 1,000 days."
        )
    earlier = table.c.key == key, table.c.version < found.version
    work.connection.execute(update(table).where(*earlier).values(status="retired"))
    until = work.now + timedelta(days=days)
    _change(work, found, status="approved", approver=work.actor.name, valid_until=until, failed=0)
    details = {"version": found.version, "until": until.isoformat()}
    _record(work, "change-template.approved", key, details)


def retire(work: UnitOfWork, key: str, reason: str) -> None:
    """Take a template out of use.

    Raises:
        TemplateNotFound: there is none.
    """
    _change(work, _one(work, key), status="retired")
    _record(work, "change-template.retired", key, {"reason": reason})


def ended(work: UnitOfWork, key: str, *, failed: bool) -> bool:
    """Count a change made from it; answers whether it lost its approval by this failure."""
    found = _one(work, key, approved=True)
    failures = found.failed + failed
    suspended = failed and found.status == "approved" and failures > found.tolerated
    status = "suspended" if suspended else found.status
    _change(work, found, used=found.used + 1, failed=failures, status=status)
    if suspended:
        _record(work, "change-template.suspended", key, {"failures": failures})
    return suspended


def _change(work: UnitOfWork, found: Template, **values: object) -> None:
    mine = table.c.key == found.key, table.c.version == found.version
    work.connection.execute(update(table).where(*mine).values(**values))


def _record(work: UnitOfWork, action: str, key: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"change-template:{key}", details))


# -- queries


def approved(reader: Reader | UnitOfWork, key: str) -> Template:
    """The version of a template that was approved last.

    Raises:
        TemplateNotFound: none was.
    """
    return _one(reader, key, approved=True)


def every(reader: Reader) -> list[Template]:
    """All versions that are not retired, by key, the newest first."""
    query = select(*_COLUMNS).where(table.c.status != "retired")
    query = query.order_by(table.c.key, table.c.version.desc()).limit(500)
    return [Template(*row) for row in reader.connection.execute(query)]


def choices(connection: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Approved templates, as options of a form field."""
    query = select(table).where(table.c.status == "approved").order_by(table.c.key).limit(200)
    rows = connection.execute(query)
    return [{"value": r.key, "label": r.name, "label:zh": r.name_zh or r.name} for r in rows]
