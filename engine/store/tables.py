"""Every table of the engine; ITIL adds its own to the same metadata.

A process instance is one row; its open user tasks, timers and message subscriptions are rows beside
it, so that nobody loads an instance to find out whether there is something to do.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
)

from engine.store.columns import Json, Moment, metadata

#: Deployed files: processes, decisions, forms and whatever kinds ITIL adds. Immutable.
definitions = Table(
    "definitions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("key", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("file", String(300), nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("suspended", Boolean, nullable=False, server_default=false()),  # nothing starts on it
    Column("author", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("deployed_at", Moment, nullable=False),
    UniqueConstraint("kind", "key", "version"),
)
Index("ix_definitions_active", definitions.c.kind, definitions.c.key, definitions.c.active)

#: Diagrams that are kept but do not run: uploaded, converted as far as that goes.
drafts = Table(
    "drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("process_id", String(200), nullable=False),  # the one that runs; empty: not chosen yet
    Column("file", String(300), nullable=False),
    Column("digest", String(64), nullable=False),  # of the file as uploaded
    Column("original", LargeBinary, nullable=False),
    Column("source", LargeBinary, nullable=False),  # what would be deployed
    Column("companions", Json, nullable=False),  # forms and tables beside it: path -> text
    Column("notes", Json, nullable=False),  # findings of what was changed
    Column("revision", Integer, nullable=False),
    Column("author", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_by", String(100), nullable=False),
    Column("changed_at", Moment, nullable=False),
)
Index("ix_drafts_digest", drafts.c.digest)

instances = Table(
    "instances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("definition_id", ForeignKey("definitions.id"), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("business_key", String(100)),
    # active, suspended, stalled; completed, cancelled
    Column("status", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", LargeBinary),  # tokens; null once ended
    Column("variables", Json, nullable=False),
    Column("started_by", String(100), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("next_due_at", Moment),  # the earliest of its timers
    Column("attempts", Integer, nullable=False),  # failed sweeps in a row
    Column("changed_by", String(100), nullable=False),
    Column("audit_seq", Integer, nullable=False),
    Column("audit_hash", String(64), nullable=False),
    Column("parent_id", Integer),  # the instance whose call activity called it
    Column("parent_token", Integer),  # the token of that call activity
    Column("suspended_at", Moment),
    Column("start_key", String(200)),  # correlation key of the message that began it
)
Index(
    "ix_instances_running",
    instances.c.definition_id,
    instances.c.id,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
Index("ix_instances_business_key", instances.c.business_key)
Index(
    "ix_instances_next_due_at",
    instances.c.next_due_at,
    sqlite_where=text("next_due_at IS NOT NULL"),
    postgresql_where=text("next_due_at IS NOT NULL"),
)

Index(
    "ix_instances_stalled",
    instances.c.id,
    sqlite_where=text("status = 'stalled'"),
    postgresql_where=text("status = 'stalled'"),
)
Index(
    "ix_instances_parent",
    instances.c.parent_id,
    instances.c.parent_token,
    sqlite_where=text("parent_id IS NOT NULL"),
    postgresql_where=text("parent_id IS NOT NULL"),
)

Index(
    "ix_instances_start_key",
    instances.c.process_id,
    instances.c.start_key,
    sqlite_where=text("start_key IS NOT NULL"),
    postgresql_where=text("start_key IS NOT NULL"),
)

user_tasks = Table(
    "user_tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instance_id", ForeignKey("instances.id"), nullable=False),
    Column("token", Integer, nullable=False),
    Column("element", String(200), nullable=False),
    Column("name", String(300), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("business_key", String(100)),
    Column("lane", String(200), nullable=False),
    Column("form", String(200), nullable=False),
    Column("assignee", String(100)),
    Column("candidates", Json, nullable=False),  # ["group:network", "person:ann"]
    Column("priority", Integer, nullable=False),  # 0 first, 100 last
    Column("due_at", Moment),
    Column("state", String(20), nullable=False),  # open, completed, withdrawn
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String(100)),
)
Index("ix_user_tasks_instance", user_tasks.c.instance_id, user_tasks.c.state)

#: Who sees which open task, in the order of the list; rows go when the task is closed.
worklist = Table(
    "worklist",
    metadata,
    Column("owner", String(110), primary_key=True),  # person:ann or group:network
    Column("claimed", Boolean, primary_key=True),
    Column("priority", Integer, primary_key=True),
    Column("due_at", Moment, primary_key=True),  # the far future where there is none
    Column("task_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_worklist_task", worklist.c.task_id)

timers = Table(
    "timers",
    metadata,
    Column("instance_id", ForeignKey("instances.id"), primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("element", String(200), nullable=False),
    Column("due_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("instance_id", ForeignKey("instances.id"), primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("element", String(200), nullable=False),
    Column("kind", String(10), nullable=False, server_default="message"),  # or signal
    Column("message", String(200), nullable=False),  # name of the message or signal
    Column("key", String(200), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_subscriptions_message", subscriptions.c.message, subscriptions.c.key)

#: Work of service tasks that is not done yet; rows go when it is done or withdrawn. The state of
#: the instance is the truth about retries, attempts and when a handler is tried again; who holds a
#: job, and for how long, is here alone, so that workers take jobs without loading instances.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instance_id", ForeignKey("instances.id"), nullable=False),
    Column("token", Integer, nullable=False),
    Column("element", String(200), nullable=False),
    Column("type", String(200), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("business_key", String(100)),
    Column("state", String(10), nullable=False),  # ready for a worker, backoff, stalled
    Column("retries", Integer, nullable=False),  # tries left
    Column("attempts", Integer, nullable=False),  # tries that failed
    Column("due_at", Moment),  # end of the back-off or of a worker's lock; null: stalled
    Column("worker", String(100)),  # who holds it until then
    Column("lease", Integer, nullable=False),  # how often it was taken
    Column("error", Text, nullable=False),
    Column("failed_at", Moment),
    Column("result", Json),  # what a worker answered and the process could not go on with
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("instance_id", "token"),
    # The number of a job that is gone must never mean another one.
    sqlite_autoincrement=True,
)
Index("ix_jobs_state", jobs.c.state, jobs.c.id)
Index(
    "ix_jobs_ready",
    jobs.c.type,
    jobs.c.due_at,
    sqlite_where=text("state = 'ready'"),
    postgresql_where=text("state = 'ready'"),
)

#: Messages that nobody waited for, until they are caught or their time ends. Those with an id of
#: their sender's stay that long even when caught, so that a repetition is recognised.
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("key", String(200), nullable=False),
    Column("message_id", String(200)),
    Column("variables", Json, nullable=False),
    Column("sender", String(100), nullable=False),
    Column("instance_id", Integer),  # the instance whose diagram threw it
    Column("element", String(200)),
    Column("published_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("caught_at", Moment),
    sqlite_autoincrement=True,  # a number that was dropped never means another message
)
Index(
    "ix_messages_waiting",
    messages.c.key,
    messages.c.name,
    messages.c.id,
    sqlite_where=text("caught_at IS NULL"),
    postgresql_where=text("caught_at IS NULL"),
)
Index("ix_messages_expires_at", messages.c.expires_at)
Index(
    "uq_messages_message_id",
    messages.c.name,
    messages.c.key,
    messages.c.message_id,
    unique=True,
    sqlite_where=text("message_id IS NOT NULL"),
    postgresql_where=text("message_id IS NOT NULL"),
)

#: When the active version of a process that begins by timer starts its next instance.
start_timers = Table(
    "start_timers",
    metadata,
    Column("definition_id", ForeignKey("definitions.id"), primary_key=True),
    Column("element", String(200), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),  # how often it still fires; -1 without end
    Column("since", Moment),  # what the months of its cycle are counted from
    sqlite_with_rowid=False,
)

#: Instances that are to go on on another version of their process.
migration_plans = Table(
    "migration_plans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("process_id", String(200), nullable=False),
    Column("sources", Json, nullable=False),  # ids of the definitions to leave
    Column("target", Integer, nullable=False),  # id of the definition to go on with
    Column("names", Json, nullable=False),  # element -> what takes its place
    Column("reason", Text, nullable=False),
    Column("author", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),  # running, stopped, done
    Column("ended_at", Moment),
)

#: What became of each instance of a plan; written in the transaction that moves it.
migration_steps = Table(
    "migration_steps",
    metadata,
    Column("plan_id", ForeignKey("migration_plans.id"), primary_key=True),
    Column("instance_id", Integer, primary_key=True),
    Column("source", Integer, nullable=False),  # id of the definition it was on
    Column("outcome", String(20), nullable=False),  # moved, kept
    Column("reasons", Json, nullable=False),  # [[code, element, other]], empty where it moved
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_migration_steps_source", migration_steps.c.source)

#: Append-only: triggers refuse update and delete; each stream is a hash chain.
events = Table(
    "events",
    metadata,
    Column("stream", String(60), primary_key=True),  # instance:12 or system
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("on_behalf_of", String(100)),
    Column("channel", String(20), nullable=False),
    Column("address", String(60)),
    Column("action", String(60), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("element", String(200)),
    Column("definition_id", Integer),
    Column("command_key", String(100), unique=True),
    Column("details", Text, nullable=False),  # JSON, kept to the letter because it is hashed
    Column("hash", String(64), nullable=False),
)
#: The last event of each stream that no instance's row remembers, so that a cut-off end shows.
stream_heads = Table(
    "stream_heads",
    metadata,
    Column("stream", String(60), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_with_rowid=False,
)
#: What makes the table append-only, by dialect: protection against accidents. Dropping a trigger is
#: a schema change; the hash chains show what triggers cannot prevent.
_REFUSE = "'events are append-only'"
APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER events_no_{change} BEFORE {change} ON events "
        f"BEGIN SELECT RAISE(ABORT, {_REFUSE}); END"
        for change in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS "  # noqa: ISC003
        + f"$$ BEGIN RAISE EXCEPTION {_REFUSE}; END $$",
        *(
            f"CREATE TRIGGER events_no_{change} BEFORE {change} ON events "
            f"FOR EACH {each} EXECUTE FUNCTION events_append_only()"
            for change, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT"))
        ),
    ],
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        _ddl = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(events, "after_create", _ddl.execute_if(dialect=_dialect))

Index("ix_events_actor", events.c.actor, events.c.at)
Index("ix_events_at", events.c.at)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("business_key", String(100)),
    Column("channel", String(20), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),  # pending, sent, held, dead
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("error", Text),
)
Index(
    "ix_outbox_pending",
    outbox.c.next_attempt_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
