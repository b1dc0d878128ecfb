"""Addresses below /admin/ that belong to no table."""

from django.contrib import admin
from django.urls import path

from predictions.admin.lanes import change_lane

urlpatterns = [path("lanes/<str:lane>/", admin.site.admin_view(change_lane), name="lane")]
