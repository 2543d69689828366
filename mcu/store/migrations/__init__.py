"""Alembic's migrations, run by `mcu.store.database.migrate`."""
