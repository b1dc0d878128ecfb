"""Routes of sheets."""

from django.urls import path

from predictions.api.sheets import pages, sheets, table, templates

urlpatterns = [
    path("sheet-templates/", templates.SheetTemplates.as_view(), name="api-sheet-templates"),
    path("sheet-templates/<uuid:id_>/", templates.SheetTemplateDetail.as_view(), name="api-sheet-template"),
    path("sheet-templates/<uuid:id_>/archive/", templates.SheetTemplateArchive.as_view(), name="api-sheet-archive"),
    path("sheet-templates/<uuid:id_>/versions/", templates.SheetTemplateVersions.as_view(), name="api-sheet-versions"),
    path("sheet-templates/<uuid:id_>/pdf/", templates.SheetTemplatePdf.as_view(), name="api-sheet-template-pdf"),
    path("sheets/", sheets.Sheets.as_view(), name="api-sheets"),
    path("sheets/<uuid:id_>/", sheets.SheetDetail.as_view(), name="api-sheet"),
    path("sheets/<uuid:id_>/pages/", sheets.SheetPages.as_view(), name="api-sheet-pages"),
    path("sheets/<uuid:id_>/pages/<uuid:page>/", pages.SheetPageDetail.as_view(), name="api-sheet-page"),
    path("sheets/<uuid:id_>/pages/<uuid:page>/picture/", pages.SheetPagePicture.as_view(), name="api-sheet-picture"),
    path(
        "sheets/<uuid:id_>/pages/<uuid:page>/cells/<int:row>/<int:column>/",
        table.SheetCellDetail.as_view(),
        name="api-sheet-cell",
    ),
    path(
        "sheets/<uuid:id_>/pages/<uuid:page>/cells/<int:row>/<int:column>/image/",
        table.SheetCellImage.as_view(),
        name="api-sheet-cell-image",
    ),
    path("sheets/<uuid:id_>/columns/", sheets.SheetColumns.as_view(), name="api-sheet-columns"),
    path("sheets/<uuid:id_>/table/", table.SheetTable.as_view(), name="api-sheet-table"),
    path("sheets/<uuid:id_>/table.csv", table.SheetCsv.as_view(), name="api-sheet-csv"),
    path("sheets/<uuid:id_>/accept/", table.SheetAccept.as_view(), name="api-sheet-accept"),
    path("sheets/<uuid:id_>/undo/", table.SheetUndo.as_view(), name="api-sheet-undo"),
]
