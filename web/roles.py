"""Who may open which page: named sets of roles, one for each page family."""

from __future__ import annotations

#: Pages that need no sign-in at all.
ANYBODY: frozenset[str] = frozenset()

SIGNED_IN = frozenset(
    {
        "requester",
        "agent",
        "team-lead",
        "incident-manager",
        "process-owner",
        "auditor",
        "admin",
    },
)
#: People who work on cases.
STAFF = frozenset({"agent", "team-lead", "incident-manager", "process-owner", "admin"})
#: People who see every case: staff, and auditors, who change nothing.
READERS = STAFF | {"auditor"}
#: People who see what was sent out.
SENDERS = STAFF - {"process-owner"} | {"auditor"}
#: People who may deploy a process, decision or form.
OWNERS = frozenset({"process-owner", "admin"})
ADMINS = frozenset({"admin"})
AUDITORS = frozenset({"auditor"})
ADMINS = frozenset({"admin"})
#: People who see which work waits for help; owners of processes help it.
OVERSEERS = OWNERS | AUDITORS
#: Everybody who may raise a case and complete tasks; an auditor only reads.
DOERS = SIGNED_IN - AUDITORS
