"""URLs of sheets, below /sheets/."""

from django.urls import path

from predictions.pages.sheets import capture, checking, demo, listing, pages, titles
from predictions.pages.sheets import sheet as sheet_page
from predictions.pages.sheets.columns import name_the_columns

urlpatterns = [
    path("", listing.sheets, name="sheets"),
    path("new/", capture.new_sheet, name="new-sheet"),
    path("demo/", demo.demo, name="sheet-demo"),
    path("demo/<slug:name>.jpg", demo.picture, name="sheet-demo-picture"),
    path("<uuid:id_>/", sheet_page.sheet, name="sheet"),
    path("<uuid:id_>/delete/", listing.delete, name="delete-sheet"),
    path("<uuid:id_>/rename/", titles.rename, name="rename-sheet"),
    path("<uuid:id_>/columns/", name_the_columns, name="sheet-columns"),
    path("<uuid:id_>/check/", checking.check, name="check-sheet"),
    path("<uuid:id_>/accept/", checking.accept, name="accept-cells"),
    path("<uuid:id_>/undo/", checking.undo_change, name="undo-cells"),
    path("<uuid:id_>/workbook/", sheet_page.workbook, name="sheet-workbook"),
    path("<uuid:id_>/pages/", capture.add, name="add-sheet-pages"),
    path("<uuid:id_>/pages/<uuid:page>/picture.jpg", pages.picture, name="sheet-page-picture"),
    path("<uuid:id_>/pages/<uuid:page>/retake/", pages.retake, name="retake-sheet-page"),
    path("<uuid:id_>/pages/<uuid:page>/remove/", pages.remove, name="remove-sheet-page"),
    path("<uuid:id_>/pages/<uuid:page>/move/", pages.move, name="move-sheet-page"),
]
