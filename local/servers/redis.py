"""Redis as a child process: a socket, a password, and no persistence, because all of it may be lost."""

import contextlib
import os
import socket
from pathlib import Path
from urllib.parse import quote

from local.paths import write_secret
from local.supervisor import Service


def service(program: Path, sockets: Path, password: str) -> Service:
    """Return the server with its socket in `sockets`. Its password is in a file, where `ps` does not show it."""
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
    """Return the REDIS_URL in redis-py's form."""
    return f"unix://:{password}@{quote(str(sockets / 'redis.sock'))}?db=0"


def is_ready(sockets: Path, password: str) -> bool:
    """Return whether the server answers a PING."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as talk:
        talk.settimeout(1)
        talk.connect(str(sockets / "redis.sock"))
        talk.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
        reply = b""
        while chunk := talk.recv(256):
            reply += chunk
        return b"+PONG" in reply
    return False
