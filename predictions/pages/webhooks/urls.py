"""URLs of webhooks, below /webhooks/."""

from django.urls import path

from predictions.pages.webhooks import views

urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("<uuid:id_>/test/", views.test, name="test-webhook"),
    path("<uuid:id_>/secret/", views.rotate, name="rotate-webhook"),
    path("<uuid:id_>/deliveries/<uuid:delivery>/retry/", views.retry, name="retry-webhook"),
    path("<uuid:id_>/remove/", views.remove, name="remove-webhook"),
]
