"""`make chaos`: inject every fault of FAULTS into a temporary site under load, and report what was lost."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests

from local.terminal import Stopped, handle_stop_signals
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.ledger import Found, Ledger, mailed, rows_of
from tests.chaos.load import DRAWINGS, PEOPLE, URL, Load
from tests.chaos.testbed import Testbed, open_testbed
from tests.site import PASSWORDS, Site

SHORT = 2_000  # fewer submissions select the short form
SETTLE_S = 0.5  # seconds of load before and after a fault
TOLERANCE = 3  # a promised time is broken after this multiple, because test machines are busy
RECOVERY_LIMIT_S = 120.0


@dataclass
class Outcome:
    """What happened under one fault. `up_s` and `recovery_s` count from its end: until web and a worker were up, and
    until everything accepted was read."""

    fault: Fault
    accepted: int
    answers: Counter[str]
    longest_s: float
    up_s: float
    recovery_s: float

    @property
    def wrong(self) -> list[str]:
        """Return status codes that no client may get."""
        return [code for code in self.answers if code.startswith("5") and code != "503"]

    @property
    def is_late(self) -> bool:
        """Return whether recovery took too long after a worker was up; start-up depends on the machine."""
        return self.recovery_s - self.up_s > self.fault.promised_s * TOLERANCE

    @property
    def is_kept(self) -> bool:
        return not self.wrong and not self.is_late

    def __str__(self) -> str:
        refused, silent = self.answers["503"], self.answers["none"]
        wrong = f"  {', '.join(self.wrong)}" if self.wrong else ""
        late = "  LATE" if self.is_late else ""
        return (
            f"{self.fault.name:<47} {self.fault.held_s:>5.1f} {self.up_s:>5.1f} {self.recovery_s:>8.1f}"
            f" {self.longest_s:>9.1f} {self.accepted:>8} {refused:>5} {silent:>9}{wrong}{late}"
        )


HEAD = f"{'fault':<47} {'held':>5} {'up':>5} {'recovery':>8} {'slowest':>9} {'accepted':>8} {'503':>5} {'no answer':>9}"


def read_drawings(site: Site) -> list[str]:
    """Return what each of DRAWINGS is read as while nothing is broken."""
    answers = [site.request("POST", URL, json=each, headers={"Prefer": "wait=10"}) for each in DRAWINGS]
    found = [site.request("GET", f"{URL}{answer.json()['id']}/", headers={"Prefer": "wait=10"}) for answer in answers]
    return [str(answer.json()["result"]["text"]) for answer in found]


def run_fault(testbed: Testbed, fault: Fault, load: Load) -> Outcome:
    """Inject a fault, end it, and measure the recovery."""
    site = testbed.site
    for service in site.services:
        service.deaths = 0
    tend(site, SETTLE_S)
    fault.inject(testbed)
    tend(site, fault.held_s)
    fault.heal(testbed)
    healed = time.monotonic()
    before = load.mark()

    def is_recovered() -> bool:
        return load.first_at is not None and not unfinished(site, before)

    up_s = None
    while not is_recovered() and time.monotonic() < healed + RECOVERY_LIMIT_S:
        tend(site, 0.1)
        if up_s is None and is_up(site, time.monotonic() - healed):
            up_s = time.monotonic() - healed
    recovery_s = time.monotonic() - healed
    tend(site, SETTLE_S)
    load.finish()
    while not load.is_over:
        tend(site, 0.1)
    return Outcome(fault, len(load.accepted), load.answers, load.longest_s, up_s or 0.0, recovery_s)


def is_up(site: Site, within_s: float) -> bool:
    """Return whether web answers and a worker sent a heartbeat within so many seconds."""
    sql = "SELECT count(*) FROM predictions_workerseen WHERE seen_at > now() - make_interval(secs => %s)"
    try:
        return bool(site.query(sql, within_s)[0][0]) and requests.get(f"{site.url}/health/live", timeout=2).ok
    except (psycopg.Error, requests.RequestException):
        return False


def unfinished(site: Site, ids: list[str]) -> int:
    """Return how many of `ids` are not finished; -1 if the database cannot be asked."""
    try:
        sql = (
            "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running') AND id = ANY(%s::uuid[])"
        )
        return int(site.query(sql, ids)[0][0])
    except psycopg.Error:
        return -1


def tend(site: Site, seconds: float) -> None:
    """Wait, restarting processes that died."""
    until = time.monotonic() + seconds
    while True:
        site.supervisor.tend()
        if time.monotonic() >= until:
            return
        time.sleep(0.05)


def chosen_faults(submissions: int, only: str, has_pgbouncer: bool) -> list[Fault]:
    """Return the faults of this run."""
    named = [fault for fault in FAULTS if any(word in fault.name for word in only.split(","))]
    possible = [fault for fault in named if has_pgbouncer or fault.needs != "pgbouncer"]
    return [fault for fault in possible if fault.is_short or submissions >= SHORT]


def chaos(submissions: int, only: str, has_pgbouncer: bool) -> bool:
    """Run the faults and return whether every promise was kept."""
    faults = chosen_faults(submissions, only, has_pgbouncer)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder, open_testbed(2, has_pgbouncer, MAIL_FOLDER=folder) as testbed:
        ledger = Ledger(Path(folder) / "accepted")
        tokens = {name: testbed.site.token(name) for name in PASSWORDS if name in PEOPLE}
        texts = read_drawings(testbed.site)
        url = f"http://127.0.0.1:{testbed.proxies['client-web'].port}"
        print(f"\n{HEAD}", flush=True)  # each line as it comes, and all of them again at the end
        for number, fault in enumerate(faults):
            if (fault.needs == "disk" and not testbed.has_disk) or (fault.needs == "clocks" and not testbed.has_clocks):
                print(f"{fault.name:<47} SKIPPED: it needs {'root' if fault.needs == 'disk' else 'a C compiler'}")
                continue
            quota = max(6, (submissions - sum(each.accepted for each in outcomes)) // (len(faults) - number))
            pace_s = 6 * (fault.held_s + 2 * SETTLE_S) / quota
            outcomes.append(run_fault(testbed, fault, Load(url, tokens, ledger, texts, quota, pace_s)))
            print(outcomes[-1], flush=True)
        found = settle(testbed.site, ledger)
    return report(outcomes, found)


def settle(site: Site, ledger: Ledger) -> Found:
    """Wait for the promised time after the last fault, and compare."""
    limit = time.monotonic() + 30
    found = ledger.compare(rows_of(site.query), mailed(site.query))
    while (found.unfinished or found.unsent) and time.monotonic() < limit:
        tend(site, 0.5)
        found = ledger.compare(rows_of(site.query), mailed(site.query))
    return found


def report(outcomes: list[Outcome], found: Found) -> bool:
    """Print what was found; return whether every promise was kept."""
    print("\n".join(["", HEAD, *map(str, outcomes)]))
    counts = found.kinds()
    print(
        f"\n{found.accepted} accepted under {len(outcomes)} faults: "
        + ", ".join(f"{n} {len(i)}" for n, i in counts.items())
    )
    for name, ids in counts.items():
        for id_ in ids[:10]:
            print(f"  {name}: {id_}")
    broken = [each.fault.name for each in outcomes if not each.is_kept]
    print(f"broken: {'; '.join(broken)}" if broken else "every promise was kept", flush=True)
    return found.is_kept and not broken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--only", default="", help="faults whose name contains one of these words: Redis,web")
    parser.add_argument("--pgbouncer", action="store_true", help="put a pgbouncer between the site and Postgres")
    chosen = parser.parse_args()
    handle_stop_signals()
    try:
        sys.exit(0 if chaos(chosen.submissions, chosen.only, chosen.pgbouncer) else 1)
    except Stopped as stopped:
        sys.exit(f"\nStopped by {stopped.reason}")
