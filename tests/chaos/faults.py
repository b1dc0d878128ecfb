"""The table of faults: how each is injected and ended."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.proxy import State
from tests.chaos.testbed import Testbed

Action = Callable[[Testbed], object]
DAY_S = 86_400
SELF_EXIT_S = 30.0  # where a worker must first end itself


@dataclass(frozen=True)
class Fault:
    """A fault, how long it lasts, and the promised seconds from its end until everything accepted is read.

    is_short: also part of the short form. needs: what the testbed may lack, `disk`, `clocks` or `pgbouncer`.
    """

    name: str
    inject: Action
    heal: Action = field(default=lambda testbed: None)
    held_s: float = 1.0
    promised_s: float = 10.0
    is_short: bool = True
    needs: str = ""


def kill(*names: str) -> Action:
    """kill -9; without names, everything."""
    return lambda testbed: [testbed.site.kill(name) for name in names or testbed.site.names]


def send_signal(name: str, number: int) -> Action:
    """Send a signal to a process."""
    return lambda testbed: testbed.site.kill(name, number)


def set_network(state: State, *proxies: str) -> Action:
    """Set the state of the network between parts."""
    return lambda testbed: [testbed.proxies[proxy].set(state) for proxy in proxies]


def shift_clock(name: str, seconds: float) -> Action:
    """Shift the clock of a process."""
    return lambda testbed: testbed.jump(name, seconds)


def stop(name: str) -> Action:
    """Kill a service and do not restart it."""

    def act(testbed: Testbed) -> None:
        testbed.site.service(name).restarts = False
        testbed.site.kill(name, signal.SIGQUIT if name == "postgres" else signal.SIGKILL)

    return act


def restart(name: str) -> Action:
    """Start a stopped service. Redis comes back empty."""

    def act(testbed: Testbed) -> None:
        service = testbed.site.service(name)
        service.restarts, service.next_start = True, 0.0

    return act


def send_redis(*words: str) -> Action:
    """Send a command to Redis."""
    return lambda testbed: testbed.redis().execute_command(*words)


def terminate_backends(testbed: Testbed) -> None:
    """Terminate every connection of Postgres but this one."""
    testbed.site.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND"
                      " usename = current_user")  # fmt: skip


def half_open(proxy: str) -> Action:
    """Leave connections half-open."""
    return lambda testbed: testbed.proxies[proxy].forget()


BETWEEN = ("web-postgres", "worker-postgres", "web-redis", "worker-redis", "client-web")
SHORT = {  # the short form injects each network fault at some of the proxies
    State.CUT: ("web-postgres", "worker-redis"),
    State.SILENT: ("worker-postgres", "web-redis"),
    State.SLOW: ("web-postgres",),
    State.NARROW: ("worker-postgres",),
}
HELD_S = {State.CUT: 3.0, State.SILENT: 6.0, State.SLOW: 4.0, State.NARROW: 4.0}

FAULTS = [
    Fault("one worker: kill -9", kill("worker-1")),
    Fault("all workers: kill -9", kill("worker-1", "worker-2")),
    Fault("web: kill -9", kill("web")),
    Fault("beat: kill -9", kill("beat")),
    Fault("delivery: kill -9", kill("delivery"), is_short=False),
    Fault("the starter, and so everything: kill -9", kill()),
    Fault("a worker stopped past its lease", send_signal("worker-1", signal.SIGSTOP),
          send_signal("worker-1", signal.SIGCONT), 9.0),
    Fault("Redis: killed, and back empty", kill("redis")),
    Fault("Redis: gone", stop("redis"), restart("redis"), 6.0),
    Fault("Redis and all workers: killed, Redis stays away",
          lambda testbed: (stop("redis")(testbed), kill("worker-1", "worker-2")(testbed)),
          restart("redis"), 12.0),
    Fault("Redis: FLUSHALL", send_redis("FLUSHALL")),
    Fault("Redis: hung (SIGSTOP)", send_signal("redis", signal.SIGSTOP), send_signal("redis", signal.SIGCONT), 15.0),
    Fault("Redis: out of memory", send_redis("CONFIG", "SET", "maxmemory", "1"),
          send_redis("CONFIG", "SET", "maxmemory", "0"), 4.0),
    Fault("Redis: connections killed", send_redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
    Fault("Postgres: restarted at once", send_signal("postgres", signal.SIGQUIT)),
    Fault("Postgres: stopped for 10 s", stop("postgres"), restart("postgres"), 10.0),
    Fault("Postgres: all backends terminated", terminate_backends),
    Fault("Postgres: connections exhausted", lambda testbed: testbed.take_all_connections(),
          lambda testbed: testbed.release_connections(), 5.0),
    Fault("disk full under Postgres", lambda testbed: testbed.fill_disk(), lambda testbed: testbed.free_disk(), 5.0,
          needs="disk"),
    *(Fault(f"clock of {name} a day {way}", shift_clock(name, seconds), shift_clock(name, 0), 3.0, needs="clocks",
            is_short=name == "worker-1")
      for name in ("worker-1", "web", "beat") for way, seconds in (("ahead", DAY_S), ("back", -DAY_S))),
    *(Fault(f"{proxy}: {state.value}", set_network(state, proxy), set_network(State.OPEN, proxy), HELD_S[state],
            SELF_EXIT_S, is_short=proxy in SHORT[state])
      for state in SHORT for proxy in BETWEEN),
    *(Fault(f"{proxy}: half-open", half_open(proxy), held_s=0.5, promised_s=SELF_EXIT_S,
            is_short=proxy in ("worker-postgres", "worker-redis"))
      for proxy in BETWEEN[:4]),
    Fault("pgbouncer: kill -9", kill("pgbouncer"), needs="pgbouncer"),
    Fault("pgbouncer: hung (SIGSTOP)", send_signal("pgbouncer", signal.SIGSTOP),
          send_signal("pgbouncer", signal.SIGCONT), 6.0, SELF_EXIT_S, needs="pgbouncer"),
    Fault("pgbouncer: stopped for 6 s", stop("pgbouncer"), restart("pgbouncer"), 6.0, needs="pgbouncer"),
    *(Fault(f"{proxy}: {state.value}", set_network(state, proxy), set_network(State.OPEN, proxy), HELD_S[state],
            SELF_EXIT_S, needs="pgbouncer")
      for proxy, state in (("pgbouncer-postgres", State.CUT), ("pgbouncer-postgres", State.SILENT),
                           ("pgbouncer-postgres", State.SLOW), ("web-direct", State.CUT),
                           ("worker-direct", State.SILENT))),
    Fault("pgbouncer-postgres: half-open", half_open("pgbouncer-postgres"), held_s=0.5, promised_s=SELF_EXIT_S,
          needs="pgbouncer"),
]  # fmt: skip
