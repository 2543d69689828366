"""A real PostgreSQL in a folder of the test's, on a unix socket alone, ended with the test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")  # Debian keeps each version's programs there, outside PATH
ACCOUNT = "postgres"  # the server refuses to run as root
SECONDS = 60


def reason_to_skip() -> str:
    """Why PostgreSQL cannot be run here; "" when it can."""
    if _programs() is None:
        return "PostgreSQL is not installed (Debian package postgresql)"
    if os.getuid() == 0:
        if shutil.which("runuser") is None:
            return "PostgreSQL does not run as root, and there is no runuser"
        try:
            pwd.getpwnam(ACCOUNT)
        except KeyError:
            return f"PostgreSQL does not run as root, and there is no user {ACCOUNT}"
    return ""


@contextmanager
def running_postgres() -> Iterator[str]:
    """The SQLAlchemy URL of an empty cluster; see `reason_to_skip` first."""
    programs = _programs()
    assert programs is not None
    # Not tmp_path: pytest's folders are closed to other accounts, and a socket's path may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="mcu-pg-") as name:
        folder = Path(name)
        if os.getuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        _run(programs / "initdb", "--pgdata", data, "--auth", "trust", "--username", "mcu", "--no-sync", cwd=folder)
        # The log goes to a file: pg_ctl's child would otherwise keep our pipe open for as long as it lives.
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        control = (programs / "pg_ctl", "--pgdata", data, "--wait", "--timeout", SECONDS)
        _run(*control, "--log", folder / "log", "--options", options, "start", cwd=folder)
        try:
            yield f"postgresql+asyncpg://mcu@/postgres?host={folder}"
        finally:
            _run(*control, "--mode", "immediate", "stop", cwd=folder)


def _programs() -> Path | None:
    """The folder of the newest installed version's programs."""
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) if DEBIAN.exists() else []
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _run(*command: object, cwd: Path) -> None:
    prefix = ["runuser", "-u", ACCOUNT, "--"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*prefix, *map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
