"""Redis: whether it answers, forgets nothing that it was given, and wakes workers."""

from collections.abc import Iterator
from typing import Any

import redis
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from predictions import metrics, tasks, wakeup
from predictions.doctor import redis_client
from predictions.doctor.results import Finding, failing, fine, skipped, warning, worst
from predictions.doctor.running import first_line

OLDEST = (6, 2)
NEARLY_FULL = 0.9


def check_redis() -> Finding:
    """Connect, and check the version and that it takes writes."""
    try:
        info = redis_client.ask_info("server")
        redis_client.try_to_write()
    except redis.AuthenticationError as error:
        remedy = _("Correct the password in REDIS_URL; in containers, secrets/redis_url and secrets/redis_password.")
        return failing(first_line(error), remedy)
    except redis.TimeoutError as error:
        return failing(first_line(error), _("Restart Redis (docker compose restart redis): all of it may be lost."))
    except redis.ConnectionError as error:
        remedy = _("Start Redis (docker compose up -d redis), or correct the host in REDIS_URL.")
        return failing(first_line(error), remedy)
    except redis.ResponseError as error:
        return failing(first_line(error), _remedy(error))
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
        seen = _("Redis %(version)s is too old.") % {"version": version}
        return failing(seen, _("Upgrade to Redis 6.2 or newer."))
    return fine(_("Redis %(version)s answers.") % {"version": version})


def _remedy(error: redis.ResponseError) -> str:
    text = str(error)
    if "AUTH" in text or "WRONGPASS" in text:
        return _("Correct the password in REDIS_URL; in containers, secrets/redis_url and secrets/redis_password.")
    if isinstance(error, redis.exceptions.OutOfMemoryError) or "maxmemory" in text:
        return _("Give Redis more memory (maxmemory), or find what fills it: redis-cli --bigkeys.")
    if isinstance(error, redis.exceptions.ReadOnlyError):
        return _("Point REDIS_URL at the primary server, as this one is a replica.")
    return _("See Redis' own log; if its disk is full, free some space there.")


def check_policy() -> Finding:
    """Check that Redis evicts nothing, has memory left, and can write its file if it keeps one."""
    info = redis_client.ask_info("memory", "stats", "persistence")
    policy, most = str(info.get("maxmemory_policy", "noeviction")), int(info.get("maxmemory", 0))
    used = filesizeformat(int(info.get("used_memory", 0)))
    words = {"policy": policy, "used": used, "most": filesizeformat(most) if most else _("no limit")}
    seen = _("maxmemory-policy is %(policy)s; %(used)s are used of maxmemory, which is: %(most)s.") % words
    return worst(_faults(info, policy, most), fine(seen))


def _faults(info: dict[str, Any], policy: str, most: int) -> Iterator[Finding]:
    evicted = int(info.get("evicted_keys", 0))
    if policy != "noeviction":
        remedy = _(
            "Set maxmemory-policy noeviction: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf."
        )
        words = {"policy": policy, "count": evicted}
        seen = _("maxmemory-policy is %(policy)s, so Redis throws wake-ups away (%(count)d keys so far).") % words
        yield failing(seen, remedy)
    elif evicted:
        seen = _("Redis has evicted %(count)d keys since it was started.") % {"count": evicted}
        yield warning(seen, _("Nothing more, if the policy was changed since; restart Redis to count from zero."))
    if most and int(info.get("used_memory", 0)) > NEARLY_FULL * most:
        seen = _("Redis uses more than 90% of its maxmemory.")
        yield warning(seen, _("Give Redis more memory (maxmemory), or find what fills it: redis-cli --bigkeys."))
    is_kept = int(info.get("aof_enabled", 0))
    if (is_kept and info.get("aof_last_write_status") == "err") or info.get("rdb_last_bgsave_status") == "err":
        seen = _("Redis cannot write its file to disk.")
        yield failing(seen, _("See Redis' own log; if its disk is full, free some space there."))


def look_at_wakeups() -> Finding:
    """Tell how many messages wait for workers, without sending one."""
    waiting = redis_client.count_messages(tasks.JOBS_QUEUE)
    if waiting and not metrics.workers().exists():
        return warning(_("%(count)d wake-ups wait, and no worker takes them.") % {"count": waiting}, _start_workers())
    return skipped(_("Sent only by manage.py doctor; %(count)d wait now.") % {"count": waiting})


def try_wakeup(wait_s: float) -> Finding:
    """Send a wake-up as the web does, and wait until a worker has acknowledged it."""
    took_s = wakeup.try_round_trip(tasks.run_job, tasks.JOBS_QUEUE, wait_s)
    if took_s is None:
        seen = _("A wake-up was sent, and no worker took it within %(seconds)d s.") % {"seconds": wait_s}
        return failing(seen, _start_workers())
    return fine(_("A worker took a wake-up after %(ms)d ms.") % {"ms": 1000 * took_s})


def _start_workers() -> str:
    return _("Start workers that listen to %(queue)s with this REDIS_URL (docker compose up -d worker).") % {
        "queue": tasks.JOBS_QUEUE
    }
