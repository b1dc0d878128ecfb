"""What is on disk: static files, free space and backups."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Now
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from accounts.models import AuditEvent
from predictions.doctor.results import Finding, failing, fine, skipped, warning, worst

MANIFEST = "staticfiles.json"
INKLING_RUN_DIR = "INKLING_RUN_DIR"  # set by make run
RUNTIMES = ("ai_edge_litert", "tensorflow")  # that the image of the web does not have
BACKUP_MADE = "backup.made"  # in the audit log
FULL_SHARE, FULL_BYTES = 0.05, 2_000_000_000  # less free than either of them is full
LOW_SHARE, LOW_BYTES = 0.15, 10_000_000_000


def check_static_files() -> Finding:
    """Check that every static file is where it is served from."""
    collect = _("Run python manage.py collectstatic --no-input, or build the image again.")
    own = {path.relative_to(folder).as_posix() for folder, path in _own_files()}
    if not settings.STATIC_ROOT:
        if own and finders.find("css/inkling.css"):
            return fine(_("%(count)d files, served from their sources.") % {"count": len(own)})
        return failing(_("The folder static is missing or incomplete."), _("Get the code again, whole."))
    manifest = Path(settings.STATIC_ROOT, MANIFEST)
    if not manifest.parent.exists() and _is_of_workers():
        seen = _("%(path)s is not here, and workers need none.") % {"path": manifest.parent}
        return skipped(seen, _("If this machine serves pages: %(remedy)s") % {"remedy": collect})
    try:
        stored = json.loads(manifest.read_text(encoding="utf-8"))["paths"]
    except (OSError, ValueError, KeyError, TypeError):
        return failing(_("%(path)s is missing or broken.") % {"path": manifest}, collect)
    lost = [name for name in stored.values() if not Path(settings.STATIC_ROOT, name).is_file()]
    lost += sorted(own - stored.keys())
    if lost:
        names = {"count": len(lost), "name": lost[0]}
        return failing(_("%(count)d files were not collected, or are gone, such as %(name)s.") % names, collect)
    return fine(_("%(count)d files are collected.") % {"count": len(stored)})


def _is_of_workers() -> bool:
    """Return whether this process, or its image, may be a worker's, as far as it can tell."""
    return "gunicorn" not in sys.modules and any(map(find_spec, RUNTIMES))


def _own_files() -> Iterator[tuple[Path, Path]]:
    for folder in map(Path, settings.STATICFILES_DIRS):
        yield from ((folder, path) for path in folder.rglob("*") if path.is_file())


def check_disk() -> Finding:
    """Check what is free where the database, temporary files and backups are, as far as that can be seen from here."""
    folders = {"DATABASE_FOLDER": settings.DATABASE_FOLDER, "BACKUPS_FOLDER": settings.BACKUPS_FOLDER}
    folders["TMPDIR"] = tempfile.gettempdir()
    found = [_free(name, folder) for name, folder in folders.items() if folder]
    if not settings.DATABASE_FOLDER:
        seen = _("The database's disk is not seen from here: DATABASE_FOLDER is not set.")
        found.append(skipped(seen, _("Set DATABASE_FOLDER, or watch that disk where it is.")))
        found.sort(key=lambda one: not one.remedy)
    states = [one for one in found if one.state in ("failing", "warning")]
    return worst(states, fine(" ".join(one.seen for one in found)))


def _free(name: str, folder: str) -> Finding:
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return warning(f"{name}: {error.strerror}.", _("Set %(name)s to a folder that is there.") % {"name": name})
    seen = _("%(name)s: %(free)s of %(total)s free.") % {
        "name": name,
        "free": filesizeformat(usage.free),
        "total": filesizeformat(usage.total),
    }
    remedy = _("Delete what is not needed on the disk of %(name)s, or make it larger.") % {"name": name}
    if usage.free < min(FULL_SHARE * usage.total, FULL_BYTES):
        return failing(seen, remedy)
    if usage.free < min(LOW_SHARE * usage.total, LOW_BYTES):
        return warning(seen, remedy)
    return fine(seen)


def check_backups() -> Finding:
    """Check the age of the newest backup that is known, by its file or by the audit log."""
    due = timedelta(hours=settings.BACKUPS_DUE_HOURS)
    if not due:
        return skipped(_("BACKUPS_DUE_HOURS is 0: backups are watched elsewhere."))
    try:
        ages = [age for age in (_newest_file(), _newest_entry()) if age is not None]
    except DatabaseError:
        return skipped(_("Not known without the database."))
    remedy = _("Run make backup, and let a timer do it each day.")
    if not ages and INKLING_RUN_DIR in os.environ:
        return skipped(_("Started by make run, which makes no backups (docs/deploy.md)."))
    if not ages:
        also = _("For backups made otherwise, set BACKUPS_FOLDER, or run python manage.py record_backup after each.")
        return warning(_("No backup is known."), f"{remedy} {also}")
    hours = min(ages) / timedelta(hours=1)
    seen = _("The newest backup is %(hours).1f hours old.") % {"hours": hours}
    return failing(seen, remedy) if min(ages) > due else fine(seen)


def _newest_file() -> timedelta | None:
    if not settings.BACKUPS_FOLDER:
        return None
    stats = [path.stat() for path in Path(settings.BACKUPS_FOLDER).glob("*.dump")]
    made = [stat.st_mtime for stat in stats if stat.st_size]
    return timedelta(seconds=time.time() - max(made)) if made else None


def _newest_entry() -> timedelta | None:
    entries = AuditEvent.objects.filter(action=BACKUP_MADE).order_by("-at")
    try:
        return entries.values_list(Now() - F("at"), flat=True).first()
    except DatabaseError:  # which other checks tell; the files' ages are known all the same
        if settings.BACKUPS_FOLDER:
            return None
        raise
