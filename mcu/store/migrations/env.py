"""Runs migrations on the connection that `mcu.store.database.migrate` provides."""

from __future__ import annotations

from alembic import context

from mcu.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
