"""Why the life cycle of a version or an instance cannot be changed like this."""

from __future__ import annotations

from engine.errors import Conflict, Forbidden, Rejected


class InstanceSuspended(Conflict):
    """An instance was to go on while it is suspended."""

    code = "instance.suspended"

    def __init__(self, instance_id: int) -> None:
        self.instance_id = instance_id
        super().__init__(
            f"Process instance {instance_id} is suspended: tasks, timers and messages wait until "
            "a process owner resumes it. Nothing was changed.",
        )


class InstanceNotEnded(Conflict):
    """An instance was to be deleted while it goes on."""

    code = "instance.not-ended"

    def __init__(self, instance_id: int, status: str) -> None:
        self.instance_id, self.status = instance_id, status
        super().__init__(
            f"Process instance {instance_id} is {status}, and only ended ones can be deleted. "
            "Cancel it first; nothing was changed.",
        )


class AdminsOnly(Forbidden):
    """Something that cannot be taken back was asked for by somebody who is no admin."""

    code = "admins-only"

    def __init__(self, what: str) -> None:
        super().__init__(f"Only an admin may {what}. Ask one; nothing was changed.")


class DefinitionSuspended(Conflict):
    """An instance was to start on a version that is suspended."""

    code = "definition.suspended"

    def __init__(self, process_id: str) -> None:
        self.process_id = process_id
        super().__init__(
            f"Process '{process_id}' is suspended, so that nothing starts on it. "
            "Resume it or activate another version; nothing was changed.",
        )


class DefinitionInUse(Conflict):
    """A version was to be deleted that something needs."""

    code = "definition.in-use"

    def __init__(self, process_id: str, version: int, uses: str) -> None:
        super().__init__(
            f"Version {version} of '{process_id}' cannot be deleted: {uses}. Nothing was changed.",
        )


class ReasonMissing(Rejected):
    """Something that the audit trail must explain was sent without a reason."""

    code = "reason.missing"

    def __init__(self) -> None:
        super().__init__("This needs a reason. Say why; nothing was changed.")


def reasoned(reason: str) -> str:
    """The reason, trimmed.

    Raises:
        ReasonMissing: there is none.
    """
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
