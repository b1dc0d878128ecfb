"""Let the delivery worker send a mail to a server outside, which no other container can reach."""

from docker.rehearsal.compose import compose, run, sql, up, wait_until
from docker.rehearsal.stage import Stage

SERVER, WORKER, SUBJECT, PORT = "rehearsal-mail", "rehearsal-delivery", "Hello from the rehearsal", 2525
SERVE = f"""
import socketserver

class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 ready\\r\\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\\r\\n")
                for text in iter(self.rfile.readline, b".\\r\\n"):
                    print(text.decode().rstrip(), flush=True)
            self.wfile.write(b"221 bye\\r\\n" if word == b"QUIT" else b"250 ok\\r\\n")
            if word == b"QUIT":
                return

socketserver.ThreadingTCPServer(("", {PORT}), Session).serve_forever()
"""
SEND = f"from django.core.mail import send_mail; send_mail({SUBJECT!r}, 'words', None, ['somebody@example.org'])"
STATUS = f"SELECT status FROM post_office_email WHERE subject = '{SUBJECT}'"  # noqa: S608 - a text of ours


def send_mail(stage: Stage) -> None:
    """Start a mail server outside and a delivery worker that knows it, and wait for a mail that web queued."""
    compose("stop", "delivery")
    try:
        run("docker", "run", "--detach", "--name", SERVER, "--network", "inkling_outside", "inkling-web:current",
            "python", "-c", SERVE)  # fmt: skip
        own = {"MAIL_HOST": SERVER, "MAIL_PORT": str(PORT), "MAIL_SECURITY": "none"}
        given = [word for name, value in own.items() for word in ("--env", f"{name}={value}")]
        compose("run", "--detach", "--no-deps", "--name", WORKER, *given, "delivery")
        compose("exec", "-T", "web", "python", "manage.py", "shell", "--no-imports", "-c", SEND)
        seconds = wait_until(lambda: sql(STATUS) == [["0"]])
        has_arrived = f"Subject: {SUBJECT}" in run("docker", "logs", SERVER)
        stage.report("a mail to a server outside", f"sent by the delivery worker after {seconds:.1f} s", has_arrived)
    finally:
        run("docker", "rm", "--force", SERVER, WORKER)
        up("delivery")
