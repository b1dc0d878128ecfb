"""Make a template, and make a new version of one."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.post_only import post_only, with_form
from ml.sheets.template import Template
from predictions.models import SheetTemplate
from predictions.pages.access import user_of
from predictions.pages.sheets.templates.access import own_printed
from predictions.pages.sheets.templates.editor import Editor, change_editor, open_editor, read_editor
from predictions.pages.sheets.templates.presets import PRESETS, make_preset
from predictions.services.errors import Refused
from predictions.services.sheets.preview import preview_template
from predictions.services.sheets.templates import UnprintableText, create_template, list_versions, revise_template


@post_only("new-sheet-template")
def _make(request: HttpRequest) -> HttpResponse:
    return _change(request)


@with_form(_make)
def make(request: HttpRequest) -> HttpResponse:
    """Show the editor on GET, with the template to start from that the address names; change or save on POST."""
    return _show(request, open_editor(make_preset(request.GET.get("start", ""))))


@post_only("edit-sheet-template", "id_")
def _revise(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    return _change(request, list_versions(own_printed(request, id_))[0])


@with_form(_revise)
def edit(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Show the newest version in the editor on GET; change it or save a new version on POST."""
    newest = list_versions(own_printed(request, id_))[0]
    return _show(request, open_editor(newest.form), newest)


def _change(request: HttpRequest, newest: SheetTemplate | None = None) -> HttpResponse:
    """Do what the button says: save, show the preview, or change the columns."""
    action = request.POST.get("action", "preview")
    if action not in ("save", "preview"):
        return _show(request, change_editor(request.POST, action), newest)
    editor = read_editor(request.POST)
    parsed = editor.parse()
    if action == "save" and parsed is not None and (saved := _save(request, editor, parsed, newest)):
        return redirect("sheet-template", id_=saved.pk)
    return _show(request, editor, newest, parsed)


def _save(request: HttpRequest, editor: Editor, parsed: Template, newest: SheetTemplate | None) -> SheetTemplate | None:
    """Return the new template or version, or None with an error that is shown."""
    form = parsed.as_dict()
    try:
        if newest is None:
            saved = create_template(user_of(request), form)
            messages.success(request, _("The template is ready to be printed."))
        else:
            saved = revise_template(newest, form)
            text = _("Nothing changed, so there is no new version.")
            if saved.version != newest.version:
                text = _("This is version %(number)s now. Print it again.") % {"number": saved.version}
            messages.success(request, text)
    except UnprintableText as refusal:
        editor.tell_unprintable(refusal)
    except Refused as refusal:
        editor.page.add_error(None, tell_refusal(refusal))
    else:
        return saved
    return None


def tell_refusal(refusal: Refused) -> str:
    """Return the translated sentence of a refusal."""
    sentences = {
        "too_many_templates": _("You have as many templates as there can be. Archive one that you no longer need."),
        "template_too_large": _("This template is too long. Use fewer rows, or fewer or shorter names."),
    }
    return sentences.get(refusal.code, _("This isn't possible right now. Try again in a moment."))


def _show(
    request: HttpRequest, editor: Editor, newest: SheetTemplate | None = None, parsed: Template | None = None
) -> HttpResponse:
    parsed = parsed or (None if editor.is_checked else _try_parse(editor))
    context: dict[str, Any] = {
        "editor": editor,
        "newest": newest,
        "next_version": newest.version + 1 if newest else 1,
        "presets": PRESETS,
        "preview": preview_template(parsed) if parsed else None,
    }
    return render(request, "sheets/templates/editor.html", context)


def _try_parse(editor: Editor) -> Template | None:
    """Return the template that an editor shows whose errors are not shown yet."""
    return editor.bind().parse()
