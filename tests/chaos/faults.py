"""What breaks: a table of faults, each a few lines that break the site and a few that mend it."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.proxy import Way
from tests.chaos.testbed import Testbed

Action = Callable[[Testbed], object]
DAY_S = 86_400
FROM_ITSELF_S = 30.0  # where a worker has to end itself first


@dataclass(frozen=True)
class Fault:
    """Something that breaks, for how long, and within how many seconds after its end all is read that was accepted.

    short: also in the short form. needs: what the machine may lack, `disk` or `clocks`.
    """

    name: str
    inflict: Action
    heal: Action = field(default=lambda testbed: None)
    held_s: float = 1.0
    promised_s: float = 10.0
    is_short: bool = True
    needs: str = ""


def killed(*names: str) -> Action:
    """kill -9."""
    return lambda testbed: [testbed.site.kill(name) for name in names]


def sent(name: str, number: int) -> Action:
    """Send a signal."""
    return lambda testbed: testbed.site.kill(name, number)


def goes(way: Way, *proxies: str) -> Action:
    """Let the network behave that way."""
    return lambda testbed: [testbed.proxies[proxy].set(way) for proxy in proxies]


def jumps(name: str, seconds: float) -> Action:
    """Set a process' clock off."""
    return lambda testbed: testbed.jump(name, seconds)


def stays_down(name: str) -> Action:
    """Kill it and keep it down."""

    def act(testbed: Testbed) -> None:
        testbed.site.service(name).restarts = False
        testbed.site.kill(name, signal.SIGQUIT if name == "postgres" else signal.SIGKILL)

    return act


def comes_back(name: str) -> Action:
    """Start it again; Redis comes back empty, for it keeps nothing."""

    def act(testbed: Testbed) -> None:
        service = testbed.site.service(name)
        service.restarts, service.next_start = True, 0.0

    return act


def redis_says(*words: str) -> Action:
    """Send Redis a command."""
    return lambda testbed: testbed.redis().execute_command(*words)


def backends_end(testbed: Testbed) -> None:
    """End every connection of Postgres but the one that asks."""
    testbed.site.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND"
                      " usename = current_user")  # fmt: skip


def forgotten(proxy: str) -> Action:
    """Leave connections half-open."""
    return lambda testbed: testbed.proxies[proxy].forget()


WHOLE = ("web", "worker-1", "worker-2", "beat", "redis", "postgres")
BETWEEN = ("web-postgres", "worker-postgres", "web-redis", "worker-redis", "client-web")
ONCE = {  # the short form breaks each way at some of the proxies
    Way.CUT: ("web-postgres", "worker-redis"),
    Way.SILENT: ("worker-postgres", "web-redis"),
    Way.SLOW: ("web-postgres",),
    Way.NARROW: ("worker-postgres",),
}
HELD_S = {Way.CUT: 3.0, Way.SILENT: 6.0, Way.SLOW: 4.0, Way.NARROW: 4.0}

FAULTS = [
    Fault("one worker: kill -9", killed("worker-1")),
    Fault("all workers: kill -9", killed("worker-1", "worker-2")),
    Fault("web: kill -9", killed("web")),
    Fault("beat: kill -9", killed("beat")),
    Fault("the starter, and so everything: kill -9", killed(*WHOLE)),
    Fault("a worker stopped past its lease", sent("worker-1", signal.SIGSTOP), sent("worker-1", signal.SIGCONT), 9.0),
    Fault("Redis: killed, and back empty", killed("redis")),
    Fault("Redis: gone", stays_down("redis"), comes_back("redis"), 6.0),
    Fault("Redis and all workers: killed, Redis stays away",
          lambda testbed: (stays_down("redis")(testbed), killed("worker-1", "worker-2")(testbed)),
          comes_back("redis"), 12.0),
    Fault("Redis: FLUSHALL", redis_says("FLUSHALL")),
    Fault("Redis: hung (SIGSTOP)", sent("redis", signal.SIGSTOP), sent("redis", signal.SIGCONT), 15.0),
    Fault("Redis: out of memory", redis_says("CONFIG", "SET", "maxmemory", "1"),
          redis_says("CONFIG", "SET", "maxmemory", "0"), 4.0),
    Fault("Redis: connections killed", redis_says("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
    Fault("Postgres: restarted at once", sent("postgres", signal.SIGQUIT)),
    Fault("Postgres: stopped for 10 s", stays_down("postgres"), comes_back("postgres"), 10.0),
    Fault("Postgres: all backends terminated", backends_end),
    Fault("Postgres: connections exhausted", lambda testbed: testbed.take_all_connections(),
          lambda testbed: testbed.give_connections_back(), 5.0),
    Fault("disk full under Postgres", lambda testbed: testbed.fill_disk(), lambda testbed: testbed.free_disk(), 5.0,
          needs="disk"),
    *(Fault(f"clock of {name} a day {way}", jumps(name, seconds), jumps(name, 0), 3.0, needs="clocks",
            is_short=name == "worker-1")
      for name in ("worker-1", "web", "beat") for way, seconds in (("ahead", DAY_S), ("back", -DAY_S))),
    *(Fault(f"{proxy}: {way.value}", goes(way, proxy), goes(Way.OPEN, proxy), HELD_S[way], FROM_ITSELF_S,
            is_short=proxy in ONCE[way])
      for way in ONCE for proxy in BETWEEN),
    *(Fault(f"{proxy}: half-open", forgotten(proxy), held_s=0.5, promised_s=FROM_ITSELF_S,
            is_short=proxy in ("worker-postgres", "worker-redis"))
      for proxy in BETWEEN[:4]),
]  # fmt: skip
