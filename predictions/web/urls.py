"""The map of the story's pages, API and health."""

from django.urls import path

from predictions.web import api, health, views

urlpatterns = [
    path("", views.draw, name="draw"),
    path("history/", views.history, name="history"),
    path("history/<uuid:id_>/", views.item, name="item"),
    path("history/<uuid:id_>/thumbnail.png", views.thumbnail, name="submission-thumbnail"),
    path("api/v1/submissions/", api.Submissions.as_view(), name="api-submissions"),
    path("api/v1/submissions/<uuid:id_>/", api.SubmissionDetail.as_view(), name="api-submission"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
