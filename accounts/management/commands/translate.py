"""`manage.py translate`: extract the translatable strings into locale/*.po and compile them to .mo.

Instead of Django's makemessages, which needs GNU gettext; Babel is installed with requirements/dev.txt.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

FIXED_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # so that the header of a .po file does not change
FOLDERS = ("accounts", "config", "predictions", "templates")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (1,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


class Command(BaseCommand):
    help = "Extract the translatable strings into locale/*/LC_MESSAGES/django.po and compile them to django.mo."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both files of every language but English; fail if a string is not translated."""
        missing = []
        for language in languages():
            catalog = update(language)
            po_path(language).parent.mkdir(parents=True, exist_ok=True)
            po_path(language).write_bytes(po_bytes(catalog))
            po_path(language).with_suffix(".mo").write_bytes(mo_bytes(catalog))
            missing += [f"{language}: {message.id!r}" for message in catalog if not is_translated(message)]
        if missing:
            raise CommandError("Not translated:\n" + "\n".join(missing))
        self.stdout.write("All strings are translated.")


def languages() -> list[str]:
    """Return the languages that need a catalog: all but that of the source code."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def po_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def update(language: str) -> Catalog:
    """Return the catalog with exactly the strings in the source code; known ones keep their translation."""
    path = po_path(language)
    known = read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    catalog = _empty(language)
    for message in extract_strings():
        if message.id:
            before = known.get(message.id, message.context)
            string = before.string if before and type(before.id) is type(message.id) else None
            catalog.add(message.id, string, message.locations, message.flags, context=message.context)
    return catalog


def _empty(language: str | None = None) -> Catalog:
    """Return a catalog whose header does not change from run to run."""
    return Catalog(
        locale=language,
        header_comment="# Written by `manage.py translate`: edit only the msgstr lines.",
        project="Inkling",
        version="1",
        msgid_bugs_address="-",
        last_translator="Inkling",
        language_team="Inkling",
        creation_date=FIXED_DATE,
        revision_date=FIXED_DATE,
        fuzzy=False,
    )


def extract_strings() -> Catalog:
    """Return every string marked for translation in our Python code and templates, with its files."""
    found = _empty()
    for path in _files():
        name = path.relative_to(settings.BASE_DIR).as_posix()
        text = path.read_text(encoding="utf-8")
        # templatize turns a template into gettext calls; in brackets, their indentation does not matter.
        source = text if path.suffix == ".py" else f"({templatize(text, origin=name)}\n)"
        python = io.BytesIO(source.encode("utf-8"))
        for _line, ids, _comments, context in extract("python", python, KEYWORDS, options={"encoding": "utf-8"}):
            flags = ["python-format"] if "%(" in str(ids) else []
            found.add(ids, locations=[(name, None)], flags=flags, context=context)
    return found


def _files() -> Iterator[Path]:
    """Yield our Python files and templates in a fixed order."""
    for folder in FOLDERS:
        for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                yield path


def is_translated(message: Any) -> bool:
    """Return whether a message has all its plural forms and is not marked as fuzzy."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return not message.id or (all(forms) and not message.fuzzy)


def po_bytes(catalog: Catalog) -> bytes:
    """Return the catalog as a .po file, sorted, so that it changes only with its strings."""
    file = io.BytesIO()
    write_po(file, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return file.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """Return the catalog as the .mo file that Django reads."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()
