"""Runs migrations on the connection that app.py opened, in its transaction."""

from alembic import context

from engine.store import tables
from engine.store.columns import metadata
from itil import case_record, knowledge, links, people, sessions, timekeeping

TABLES = (
    tables.instances,
    case_record.table,
    knowledge.table,
    links.table,
    people.people,
    sessions.sessions,
    timekeeping.table,
)  # importing them fills the metadata

connection = context.config.attributes["connection"]
# Our SQLite transactions cover DDL too, so a failed migration leaves nothing half-done.
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
