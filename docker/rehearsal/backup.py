"""Back up under load, restore on an empty machine, and compare every table."""

import hashlib
import stat
import time
from pathlib import Path

from docker.rehearsal.compose import compose, ids, inspect, run, service_of, sql
from docker.rehearsal.stage import Stage, lost_of

Tables = dict[str, tuple[int, str]]  # number of rows, hash of the sorted rows
UNFINISHED = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"


def tables_of(dump: str) -> Tables:
    """Return the tables of a plain data dump, with its sequences as one more table."""
    rows, name = dict[str, list[str]](), ""
    for line in dump.split("\n"):
        if line.startswith("COPY ") and line.endswith(" FROM stdin;") and not name:
            name = line.split()[1]
            rows[name] = []
        elif line == "\\.":
            name = ""
        elif name:
            rows[name].append(line)
        elif "setval(" in line:
            rows.setdefault("sequences", []).append(line)
    return {
        table: (len(lines), hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest())
        for table, lines in rows.items()
    }


def tables_in(file: Path) -> Tables:
    """Return the tables of a backup."""
    stdin = file.read_bytes()
    return tables_of(run("docker", "compose", "exec", "-T", "db", "pg_restore", "--data-only", "--file=-", stdin=stdin))


def tables_now() -> Tables:
    """Return the tables of the database now."""
    return tables_of(compose("exec", "-T", "db", "pg_dump", "--username=postgres", "--data-only", "inkling"))


def mode_of(file: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(file.stat().st_mode)


def back_up_and_restore(stage: Stage) -> None:
    """Back up under load and restore on an empty machine."""
    file = stage.folder / "rehearsal.dump"
    with stage.load("backup") as load:
        time.sleep(2)
        run("docker", "pause", *ids("worker"))  # so that drawings wait while the backup is made
        load.send_batches(3)
        before = load.accepted
        began = time.monotonic()
        run("docker/backup.sh", str(file))
        seconds = time.monotonic() - began
        run("docker", "unpause", *ids("worker"))
    mode = mode_of(file)
    stage.report_load("backup under load", f"{seconds:.1f} s, mode {mode:o}", load, mode == 0o600)
    held = tables_in(file)
    compose("down", "--volumes", "--remove-orphans")
    began = time.monotonic()
    run("docker/restore.sh", str(file))
    seconds, now = time.monotonic() - began, tables_now()
    differing = sorted(table for table in held.keys() | now.keys() if held.get(table) != now.get(table))
    rows = sum(count for count, _ in now.values())
    verdict = f"{differing} differ" if differing else "counts and hashes equal"
    stage.report("`down -v`, restore", f"{seconds:.0f} s; {len(now)} tables, {rows} rows: {verdict}", not differing)
    [[waiting]] = sql(UNFINISHED)
    seconds, lost = stage.open(), lost_of(before)
    found = f"healthy after {seconds:.0f} s; {waiting} drawings were waiting in the backup"
    stage.report("up again, Redis empty", f"{found}; of {len(before)} accepted before it {len(lost)} lost", not lost)
    replace(stage, file)


def replace(stage: Stage, file: Path) -> None:
    """Check that a database with rows is replaced only on request, and dumped first."""
    [[count]] = sql("SELECT count(*) FROM predictions_submission")
    printed = run("docker/restore.sh", str(file), fails=True)
    stage.report(
        "restore into a database with rows", f"refused: {printed.strip().splitlines()[-1]}", "REPLACE=yes" in printed
    )
    earlier, began = set(Path("backups").glob("before-restore-*")), time.monotonic()
    run("docker/restore.sh", str(file), env={"REPLACE": "yes"})
    seconds = time.monotonic() - began
    [dumped] = set(Path("backups").glob("before-restore-*")) - earlier
    [kept, _], mode = tables_in(dumped)["public.predictions_submission"], mode_of(dumped)
    dumped.unlink()
    running = {service_of(one) for one in inspect(*ids()) if one["State"]["Running"]}
    found = f"{seconds:.0f} s; old database dumped first: {kept} drawings, mode {mode:o}; {len(running)} services run"
    stage.report(
        "`REPLACE=yes`",
        found,
        kept == int(count)
        and mode == 0o600
        and running == {"db", "redis", "web", "worker", "beat", "delivery", "proxy"},
    )
