"""Addresses below /admin/ that belong to no table."""

from django.contrib import admin
from django.urls import path

from predictions.admin.lanes import change_lane
from predictions.admin.saved_filters import delete_filter, save_filter
from predictions.admin.status.buttons import retry, run_task
from predictions.admin.status.page import show_status

view = admin.site.admin_view
urlpatterns = [
    path("lanes/<str:lane>/", view(change_lane), name="lane"),
    path("status/", view(show_status), name="site-status"),
    path("status/tasks/<str:name>/", view(run_task), name="run-task"),
    path("status/retry/", view(retry), name="retry-failed"),
    path("filters/", view(save_filter), name="save-filter"),
    path("filters/<int:pk>/delete/", view(delete_filter), name="delete-filter"),
]
