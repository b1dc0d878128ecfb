"""Options of `make run`, validated before anything slow: address, port, number of workers."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from local.terminal import SetupError

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only on request, with a warning


@dataclass(frozen=True)
class RunOptions:
    """Where the site is served, and by how many processes."""

    host: str
    port: int
    workers: int
    web_workers: int
    has_trainer: bool = False

    @property
    def bind(self) -> str:
        """Return the address in gunicorn's form."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def contact(self) -> str:
        """Return the address at which this machine reaches the site."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def public_url(self) -> str:
        """Return the address to open in a browser."""
        return self.url(self.contact)

    def url(self, host: str) -> str:
        """Return the site's URL for the host name or IP address `host`."""
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def is_open_to_others(self) -> bool:
        """Return whether other machines can reach the site."""
        return self.host not in ("127.0.0.1", "::1", "localhost")

    @property
    def allowed_hosts(self) -> list[str]:
        """Return the host names to accept."""
        names = ["127.0.0.1", "localhost", "[::1]"]
        if self.is_open_to_others:
            names += [self.host] if self.host not in EVERYWHERE else [lan_address(), socket.gethostname().lower()]
        return [name for name in names if name]


def read_options(env: Mapping[str, str]) -> RunOptions:
    """Return the options in HOST, PORT, WORKERS, WEB_WORKERS and TRAINER. Raises SetupError for an invalid one."""
    host = env.get("HOST", "") or "127.0.0.1"
    if host.split(".")[0] == socket.gethostname().split(".")[0]:
        host = "127.0.0.1"  # some shells export the machine's name as HOST
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        raise SetupError(
            f"HOST={host} is not an address of this machine. Try HOST=127.0.0.1 or HOST=0.0.0.0."
        ) from None
    return RunOptions(
        host=host,
        port=_number(env, "PORT", 8000, 1, 65535),
        workers=_number(env, "WORKERS", 1, 1, 64),
        web_workers=_number(env, "WEB_WORKERS", 2, 1, 64),
        has_trainer=bool(_number(env, "TRAINER", 0, 0, 1)),
    )


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SetupError(f"{name}={text} is not a number from {least} to {most}.")
    return int(text)


def check_port(options: RunOptions) -> None:
    """Raise SetupError if the port is taken or cannot be opened."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
            probe.listen(1)
        except PermissionError:
            raise SetupError(f"Port {options.port} needs root. Choose one above 1023: PORT=8000 make run") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SetupError(
                    f"Port {options.port} on {options.host} is taken by another program. Stop that program, or choose "
                    f"another port: PORT={options.port + 1 if options.port < 65535 else 8000} make run"
                ) from None
            raise SetupError(f"{options.host}:{options.port} cannot be opened: {error.strerror}.") from None


def lan_address() -> str:
    """Return this machine's address in the local network, or "". Sends no packet: connecting a UDP socket is local."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address reserved for documentation (RFC 5737)
        except OSError:
            return ""
        return str(probe.getsockname()[0])
