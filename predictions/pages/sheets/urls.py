"""URLs of sheets, below /sheets/."""

from django.urls import path

from predictions.pages.sheets import capture, checking, listing, pages
from predictions.pages.sheets.columns import name_the_columns
from predictions.pages.sheets.sheet import sheet

urlpatterns = [
    path("", listing.sheets, name="sheets"),
    path("new/", capture.new_sheet, name="new-sheet"),
    path("<uuid:id_>/", sheet, name="sheet"),
    path("<uuid:id_>/delete/", listing.delete, name="delete-sheet"),
    path("<uuid:id_>/columns/", name_the_columns, name="sheet-columns"),
    path("<uuid:id_>/check/", checking.check, name="check-sheet"),
    path("<uuid:id_>/accept/", checking.accept, name="accept-cells"),
    path("<uuid:id_>/undo/", checking.undo_change, name="undo-cells"),
    path("<uuid:id_>/pages/", capture.add, name="add-sheet-pages"),
    path("<uuid:id_>/pages/<uuid:page>/picture.jpg", pages.picture, name="sheet-page-picture"),
    path("<uuid:id_>/pages/<uuid:page>/retake/", pages.retake, name="retake-sheet-page"),
    path("<uuid:id_>/pages/<uuid:page>/remove/", pages.remove, name="remove-sheet-page"),
    path("<uuid:id_>/pages/<uuid:page>/move/", pages.move, name="move-sheet-page"),
]
