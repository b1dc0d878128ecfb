"""A small application under gunicorn with our configuration, for tests of what clients can do to a web process."""

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPLICATION = '''
def application(environ, start_response):
    """Tell what gunicorn passes on; /big is longer than what the kernel takes for a client that reads nothing."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    names = ("SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme", "REMOTE_USER")
    answer = " ".join(str(environ.get(name)) for name in names).encode() + b" %d bytes" % len(body)
    if environ["PATH_INFO"] == "/big":
        answer = b"x" * 1_000_000
    times = 3 if environ["QUERY_STRING"] == "stream" else 1
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer) * times))])
    return (answer for _ in range(times))
'''


@contextlib.contextmanager
def open_gunicorn(folder: Path, *options: str, threads: int = 4, application: str = APPLICATION):
    """Run an application under gunicorn, and yield its port and the id of its process."""
    (folder / "echo_app.py").write_text(application)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "echo_app", "--config", str(ROOT / "config/gunicorn.py")]
    command += ["--pythonpath", str(folder), "--bind", f"127.0.0.1:{port}", "--threads", str(threads)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, "--no-control-socket", *options], cwd=ROOT, stderr=log)
        try:
            _wait_for(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            exchange(port, b"GET / HTTP/1.0\r\n\r\n")
            return
        time.sleep(0.1)
    raise AssertionError("gunicorn does not answer")


def exchange(port: int, sent: bytes, *, ends: bool = False, timeout: float = 15.0) -> bytes:
    """Send bytes and return all that is answered until the server closes; `ends` closes our half after sending."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client:
        client.sendall(sent)
        if ends:
            client.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while data := client.recv(65_536):
                received += data
        return received
