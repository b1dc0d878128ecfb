"""Redis as a child of ours: a socket and a password, nothing kept, for all of it may be lost at any moment."""

import contextlib
import os
import socket
from pathlib import Path
from urllib.parse import quote

from local.paths import write_secret
from local.supervisor import Service


def service(program: Path, sockets: Path, password: str) -> Service:
    """The server with its socket in `sockets`. Its password stands in a file, where `ps` does not show it."""
    config = sockets / "redis.conf"
    settings = {
        "port": "0",
        "unixsocket": f'"{sockets / "redis.sock"}"',
        "unixsocketperm": "700",
        "requirepass": password,
        "save": '""',
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "dir": f'"{sockets}"',
    }
    write_secret(config, "".join(f"{name} {value}\n" for name, value in settings.items()))
    return Service("redis", [str(program), str(config)], {"PATH": os.defpath, "LC_ALL": "C"}, is_server=True)


def url(sockets: Path, password: str) -> str:
    """REDIS_URL as redis-py reads it."""
    return f"unix://:{password}@{quote(str(sockets / 'redis.sock'))}?db=0"


def is_ready(sockets: Path, password: str) -> bool:
    """Return whether it answers a PING."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as talk:
        talk.settimeout(1)
        talk.connect(str(sockets / "redis.sock"))
        talk.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
        said = b""
        while chunk := talk.recv(256):
            said += chunk
        return b"+PONG" in said
    return False
