"""Who may open which page: named sets of roles, one for each page family."""

from __future__ import annotations

from itil.roles import ROLES

#: Pages that need no sign-in at all.
ANYBODY: frozenset[str] = frozenset()

SIGNED_IN = ROLES
#: People who answer for a process.
MANAGERS = frozenset(role for role in ROLES if role.endswith("-manager"))
#: People who work on cases.
STAFF = MANAGERS | {"agent", "team-lead", "process-owner", "admin"}
#: People who see every case: staff, and auditors, who change nothing.
READERS = STAFF | {"auditor"}
#: People who see what was sent out.
SENDERS = STAFF - {"process-owner"} | {"auditor"}
#: People who may deploy a process, decision or form.
OWNERS = frozenset({"process-owner", "admin"})
ADMINS = frozenset({"admin"})
AUDITORS = frozenset({"auditor"})
#: People who see which work waits for help; owners of processes help it.
OVERSEERS = OWNERS | AUDITORS
#: Everybody who may raise a case and complete tasks; an auditor only reads.
DOERS = SIGNED_IN - AUDITORS
