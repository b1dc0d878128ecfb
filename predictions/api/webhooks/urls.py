"""Routes of webhooks."""

from django.urls import path

from predictions.api.webhooks import deliveries, views

urlpatterns = [
    path("webhooks/", views.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:id_>/", views.WebhookDetail.as_view(), name="api-webhook"),
    path("webhooks/<uuid:id_>/secret/", views.WebhookSecret.as_view(), name="api-webhook-secret"),
    path("webhooks/<uuid:id_>/test/", views.WebhookTest.as_view(), name="api-webhook-test"),
    path("webhooks/<uuid:id_>/deliveries/", deliveries.Deliveries.as_view(), name="api-webhook-deliveries"),
    path(
        "webhooks/<uuid:id_>/deliveries/<uuid:delivery>/",
        deliveries.DeliveryDetail.as_view(),
        name="api-webhook-delivery",
    ),
    path(
        "webhooks/<uuid:id_>/deliveries/<uuid:delivery>/retry/",
        deliveries.DeliveryRetry.as_view(),
        name="api-webhook-retry",
    ),
]
