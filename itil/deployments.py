"""What was really deployed, as pipelines and scans report it, beside what was approved.

A deployment that no change or release at work stands for becomes a finding (CHG-25, REL-07).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Integer, String, Table, insert, select

from engine.errors import Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import changes, findings, releases
from itil.case_record import table as cases

#: States of a change in which it may be carried out.
AT_WORK = ("implementing", "verifying")
_DIGEST = re.compile(r"[0-9a-f]{64}")

table = Table(
    "deployments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("ci", String(100), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("source", String(200), nullable=False),  # pipeline or scan that says so
    Column("change", String(100)),
    Column("release", String(100)),
)
Index("ix_deployments_ci", table.c.ci, table.c.at)


class DeploymentInvalid(Rejected):
    """A report of a deployment cannot be read."""

    code: ClassVar[str] = "deployment.invalid"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may be deployed now, and why not."""

    go: bool
    reasons: tuple[str, ...]


def gate(reader: Reader | UnitOfWork, number: str, digest: str) -> Verdict:
    """Whether a change lets an artefact be deployed now (CHG-28)."""
    change = changes.get(reader, number)
    if change is None:
        return Verdict(go=False, reasons=(f"There is no change '{number}'.",))
    reasons = []
    if change.state not in AT_WORK:
        reasons.append(f"{number} is {change.state}.")
    start, end = change.window_start, change.window_end
    if start is None or end is None or not start <= reader.now < end:
        reasons.append(f"{number} is not in its window.")
    approved = releases.digest_of(reader, number)
    if approved is not None and approved != digest:
        reasons.append("The digest is not the one that was approved.")
    return Verdict(go=not reasons, reasons=tuple(reasons))


def report(work: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was deployed: `ci`, `digest`, `source`, perhaps `change`; answers what fits it.

    Raises:
        DeploymentInvalid: names the field.
    """
    ci, digest, source = (str(values.get(n) or "").strip() for n in ("ci", "digest", "source"))
    if not ci or not source:
        raise DeploymentInvalid("A deployment needs 'ci' and 'source'. Write both.")
    if not _DIGEST.fullmatch(digest):
        raise DeploymentInvalid("'digest' is no SHA-256. Write 64 hexadecimal digits.")
    change = _standing_for(work, ci, str(values.get("change") or ""))
    release = releases.with_digest(work, digest)
    row = {"at": work.now, "ci": ci[:100], "digest": digest, "source": source[:200]}
    row |= {"change": change, "release": release}
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    details = {n: str(v) for n, v in row.items() if v is not None}
    work.record(audit.Draft("system", "deployment.reported", f"ci:{ci}", details))
    if change is None and release is None:
        about = f"{source} deployed {digest[:12]} to {ci}; no approved change was at work on it."
        findings.add(work, "unauthorised-change", f"{ci}:{digest}", about, "change-management")
    return {"deployment": made, "change": change, "release": release}


def _standing_for(work: UnitOfWork, ci: str, named: str) -> str | None:
    """The change at work on an item now: the one named, if it is."""
    query = select(cases.c.number).join(changes.touched, changes.touched.c.number == cases.c.number)
    query = query.where(changes.touched.c.ci == ci, cases.c.state.in_(AT_WORK))
    found = list(work.connection.execute(query.order_by(cases.c.recorded_at)).scalars())
    if named:
        return named if named in found else None
    return found[0] if found else None


def of(reader: Reader, ci: str, since: datetime) -> list[Any]:
    """What was deployed to an item since a moment, the newest first."""
    query = select(table).where(table.c.ci == ci, table.c.at >= since)
    return list(reader.connection.execute(query.order_by(table.c.at.desc()).limit(200)))
