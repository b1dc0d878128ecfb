"""URLs of templates, below /sheets/templates/."""

from django.urls import path

from predictions.pages.sheets.templates import changes, listing, page
from predictions.pages.sheets.templates.editing import edit, make

urlpatterns = [
    path("", listing.templates, name="sheet-templates"),
    path("new/", make, name="new-sheet-template"),
    path("<uuid:id_>/", page.template, name="sheet-template"),
    path("<uuid:id_>.pdf", page.pdf, name="sheet-template-pdf"),
    path("<uuid:id_>/edit/", edit, name="edit-sheet-template"),
    path("<uuid:id_>/archive/", changes.archive, name="archive-sheet-template"),
    path("<uuid:id_>/restore/", changes.restore, name="restore-sheet-template"),
]
