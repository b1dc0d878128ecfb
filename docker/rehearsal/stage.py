"""The service under rehearsal, and the table of what it did."""

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
    """Who sends drawings where, how many workers there are to be, and what was found so far."""

    workers: int
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rehearsal-")))
    base_url: str = ""
    token: str = ""
    rows: list[tuple[str, str, bool]] = field(default_factory=list)

    def tell(self, what: str, found: str, held: bool = True) -> None:
        """Add a row to the table, and print it at once."""
        self.rows.append((what, found, held))
        print(f"{time.strftime('%H:%M:%S')} {'ok  ' if held else 'FAIL'} {what}: {found}", flush=True)

    def open(self) -> float:
        """Have all of it run and be healthy, with an account to send drawings as; give the seconds until healthy."""
        began = time.monotonic()
        up(workers=self.workers)
        seconds = time.monotonic() - began
        self.base_url = f"http://{compose('port', 'proxy', '8080').strip()}"
        if not self.token:
            name = Client(self.base_url, "").sign_up()
            said = compose("exec", "-T", "web", "python", "manage.py", "create_token", name)
            self.token = said.split()[-1]
        return seconds

    def load(self, name: str) -> Load:
        """Return clients that note what was accepted in a file of that name."""
        return Load(self.base_url, self.token, self.folder / f"{name}.ids")

    def tell_load(self, what: str, found: str, load: Load, held: bool = True) -> None:
        """Tell what was found under a load that has ended, and how it fared: nothing failed, nothing is lost."""
        lost = lost_of(load.accepted)
        for line in load.failed[:5]:
            print(f"         {line}", flush=True)
        rate, accepted = load.requests / load.seconds, len(load.accepted)
        self.tell(
            what,
            f"{found}; {load.requests} requests ({rate:.0f} a second), {len(load.failed)} failed; {accepted} drawings"
            f" accepted, {len(lost)} lost; longest wait for one {load.longest_wait_s:.1f} s",
            held and not load.failed and not lost and accepted > 0,
        )


def lost_of(accepted: set[str]) -> set[str]:
    """Wait until all that was accepted is read, or long enough, and give what is not."""
    missing = set(accepted)

    def none_is_missing() -> bool:
        missing.difference_update(read())
        return not missing

    with suppress(TimeoutError):
        wait_until(none_is_missing)
    return missing


def smoke(stage: Stage) -> None:
    """What people run after they deployed."""
    said = run("docker/smoke.sh", stage.base_url)
    [drawings] = [line for line in said.splitlines() if line.startswith("ok  drawings")]
    stage.tell("`docker/smoke.sh`", drawings.removeprefix("ok  drawings: "))
