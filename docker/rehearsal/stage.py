"""The service under rehearsal and the table of results."""

import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from docker.rehearsal.compose import compose, read, run, up, wait_until
from docker.rehearsal.load import Load
from docker.smoke import Client


@dataclass
class Stage:
    """The rehearsed service: its address, a token, the number of workers, and the results so far."""

    workers: int
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rehearsal-")))
    base_url: str = ""
    token: str = ""
    rows: list[tuple[str, str, bool]] = field(default_factory=list)

    def report(self, what: str, found: str, held: bool = True) -> None:
        """Add a row to the table, and print it at once."""
        self.rows.append((what, found, held))
        print(f"{time.strftime('%H:%M:%S')} {'ok  ' if held else 'FAIL'} {what}: {found}", flush=True)

    def open(self) -> float:
        """Start everything, create an account, and return the seconds until all was healthy."""
        began = time.monotonic()
        up(workers=self.workers)
        seconds = time.monotonic() - began
        self.base_url = f"http://{compose('port', 'proxy', '8080').strip()}"
        if not self.token:
            name = Client(self.base_url, "").sign_up()
            printed = compose("exec", "-T", "web", "python", "manage.py", "create_token", name)
            self.token = printed.split()[-1]
        return seconds

    def load(self, name: str) -> Load:
        """Return clients that record accepted ids in a file of that name."""
        return Load(self.base_url, self.token, self.folder / f"{name}.ids")

    def report_load(self, what: str, found: str, load: Load, held: bool = True) -> None:
        """Report what was found under a finished load: no request may have failed and no drawing be lost."""
        lost = lost_of(load.accepted)
        for line in load.failed[:5]:
            print(f"         {line}", flush=True)
        rate, accepted = load.requests / load.seconds, len(load.accepted)
        self.report(
            what,
            f"{found}; {load.requests} requests ({rate:.0f} a second), {len(load.failed)} failed; {accepted} drawings"
            f" accepted, {len(lost)} lost; longest wait for one {load.longest_wait_s:.1f} s",
            held and not load.failed and not lost and accepted > 0,
        )


def lost_of(accepted: set[str]) -> set[str]:
    """Wait until everything accepted is read, or the limit has passed; return what is missing."""
    missing = set(accepted)

    def none_is_missing() -> bool:
        missing.difference_update(read())
        return not missing

    with suppress(TimeoutError):
        wait_until(none_is_missing)
    return missing


def smoke(stage: Stage) -> None:
    """Run the smoke test that people run after a deployment."""
    printed = run("docker/smoke.sh", stage.base_url)
    [drawings] = [line for line in printed.splitlines() if line.startswith("ok  drawings")]
    stage.report("`docker/smoke.sh`", drawings.removeprefix("ok  drawings: "))
