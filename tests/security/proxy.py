"""The proxy of docker/, as it is: nginx with our configuration and a self-made certificate, on ports of loopback."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.site import free_port

SOURCE = Path(__file__).resolve().parents[2] / "docker/proxy"
SELF_SIGNED = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
NAMES = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
PATHS = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its addresses, and the certificate that it shows."""

    http: str
    https: str
    certificate: Path


def is_installed() -> bool:
    """Return whether this machine has nginx."""
    return shutil.which("nginx", path=PATHS["PATH"]) is not None


@contextlib.contextmanager
def open_proxy(folder: Path, web_port: int, https_port: int, **variables: str) -> Iterator[Proxy]:
    """Start the proxy in front of what listens on `web_port`, by its own start script.

    variables: of its environment. `PUBLIC_URL` is its https address.
    """
    http_port, tls = free_port(), folder / "tls"
    tls.mkdir()
    keys = ["-keyout", str(tls / "privkey.pem"), "-out", str(tls / "fullchain.pem")]
    subprocess.run(["openssl", "req", *SELF_SIGNED, *NAMES, *keys], check=True, capture_output=True)
    there = {  # what differs on this machine
        "/etc/inkling": str(folder / "inkling"),
        "/tmp/nginx": str(folder / "run"),  # noqa: S108 (in the container)
        "/tls/": f"{tls}/",
        "/dev/stdout": str(folder / "access.log"),
        "resolver 127.0.0.11 valid=1s ipv6=off;": "",
        "web:8000": f"127.0.0.1:{web_port}",
        "listen 8080": f"listen 127.0.0.1:{http_port}",
        "listen 8443": f"listen 127.0.0.1:{https_port}",
    }
    (folder / "inkling").mkdir()
    for path in SOURCE.iterdir():
        text = path.read_text()
        for here, value in there.items():
            text = text.replace(here, value)
        user = f"user {getpass.getuser()};\n" if path.name == "nginx.conf" else ""  # root's workers would be nobody
        (folder / "inkling" / path.name).write_text(user + text)
    address = f"https://localhost:{https_port}"
    env = PATHS | {"PUBLIC_URL": address} | variables
    with (folder / "errors.log").open("wb") as log:
        process = subprocess.Popen(["sh", str(folder / "inkling/start.sh")], env=env, stderr=log)
    try:
        _wait_for(https_port, process, folder)
        yield Proxy(f"http://localhost:{http_port}", address, tls / "fullchain.pem")
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None and time.monotonic() < deadline, (folder / "errors.log").read_text()
        time.sleep(0.05)
