"""Private PostgreSQL and Redis servers for one test session, started and ended by the session itself.

They listen on unix sockets in a folder of their own, so nothing outside sees them and no port is
taken. PostgreSQL refuses to run as root; then it runs as the user `postgres` or `nobody`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from redis import ConnectionError as RedisSilent
from redis import Redis

PATIENCE_SECONDS = 30.0
POSTGRESQL_OPTIONS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=32MB",
)


class ServerMissing(Exception):
    """The server's programs are not installed here."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a private PostgreSQL; gives SQLAlchemy's address of its database `postgres`."""
    programs = postgresql_programs()
    user = _unprivileged_user()
    with _folder("stoq-pg-", user) as folder:
        data = folder / "data"
        made = subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "stoq",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            **_as(user),
        )
        assert made.returncode == 0, made.stderr
        options = [part for option in POSTGRESQL_OPTIONS for part in ("-c", option)]
        command = [programs / "postgres", "-D", data, "-k", folder, *options]
        address = f"postgresql://stoq@/postgres?host={folder}"
        with _running(
            command, folder, user, lambda: psycopg.connect(address).close(), psycopg.OperationalError
        ):
            yield address.replace("://", "+psycopg://")


@contextmanager
def redis() -> Iterator[str]:
    """Run a private Redis or Valkey; gives its address."""
    with _folder("stoq-redis-", None) as folder:
        path = folder / "redis.sock"
        command = [redis_program(), "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no"]

        def ask() -> None:
            with Redis(unix_socket_path=str(path)) as client:
                client.ping()

        with _running(command, folder, None, ask, RedisSilent):
            yield f"unix://{path}"


def postgresql_programs() -> Path:
    """Prefer the real programs to whatever stands in PATH, which may be a wrapper."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    in_path = shutil.which("initdb")
    found = debian[-1] if debian else in_path and Path(in_path).resolve()
    if not found:
        raise ServerMissing("PostgreSQL's initdb was not found.")
    return found.parent


def redis_program() -> Path:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise ServerMissing("Neither redis-server nor valkey-server was found.")
    return Path(found)


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


@contextmanager
def _folder(prefix: str, user: pwd.struct_passwd | None) -> Iterator[Path]:
    """Give a folder with a short name: a unix socket's path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        if user:
            os.chown(name, user.pw_uid, user.pw_gid)
        yield Path(name)


@contextmanager
def _running(
    command: list[object],
    folder: Path,
    user: pwd.struct_passwd | None,
    ask: Callable[[], None],
    silence: type[Exception],
) -> Iterator[None]:
    """Start a server, wait until it answers, and end that very process."""
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **_as(user))
    try:
        _await_answer(server, ask, silence, folder / "log")
        yield
    finally:
        server.terminate()
        try:
            server.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await_answer(
    server: subprocess.Popen[bytes], ask: Callable[[], None], silence: type[Exception], log: Path
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            ask()
        except silence:
            assert server.poll() is None, f"The server ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"The server is silent:\n{log.read_text()}"
            time.sleep(0.02)
        else:
            return
