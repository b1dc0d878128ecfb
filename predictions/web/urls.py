"""The map of the story's pages, API and health."""

from django.urls import path

from predictions.web import acts, api, batch, docs, errands, history, item, model, views

urlpatterns = [
    path("", views.draw, name="draw"),
    path("model/", model.model, name="model"),
    path("history/", history.history, name="history"),
    path("history/<uuid:id_>/", history.item, name="item"),
    path("history/<uuid:id_>/thumbnail.png", history.thumbnail, name="submission-thumbnail"),
    path("history/<uuid:id_>/image", history.image, name="submission-image"),
    path("history/<uuid:id_>/review/", history.review, name="review"),
    path("history/<uuid:id_>/retry/", history.retry, name="retry"),
    path("history/<uuid:id_>/explain/", item.explain, name="explain"),
    path("history/<uuid:id_>/read-again/", item.read_again, name="read-again"),
    path("history/<uuid:id_>/delete/", history.delete, name="delete"),
    path("history/<uuid:id_>/restore/", history.restore, name="restore"),
    path("api/v1/submissions", api.Submissions.as_view()),  # a redirect would lose the body
    path("api/v1/submissions/", api.Submissions.as_view(), name="api-submissions"),
    path("api/v1/submissions/batch/", batch.SubmissionBatch.as_view(), name="api-batch"),
    path("api/v1/submissions/<uuid:id_>/", api.SubmissionDetail.as_view(), name="api-submission"),
    path("api/v1/submissions/<uuid:id_>/cancel/", acts.SubmissionCancel.as_view(), name="api-submission-cancel"),
    path("api/v1/submissions/<uuid:id_>/retry/", acts.SubmissionRetry.as_view(), name="api-submission-retry"),
    path("api/v1/submissions/<uuid:id_>/review/", acts.SubmissionReview.as_view(), name="api-submission-review"),
    path("api/v1/submissions/<uuid:id_>/image/", acts.SubmissionImage.as_view(), name="api-submission-image"),
    path("api/v1/submissions/<uuid:id_>/explanation/", errands.SubmissionExplanation.as_view(), name="api-explanation"),
    path("api/v1/submissions/<uuid:id_>/read-again/", errands.SubmissionReadAgain.as_view(), name="api-read-again"),
    path("api/v1/openapi.json", docs.schema, name="api-schema"),
    path("api/docs/", docs.docs, name="api-docs"),
    path("api/v1/queue/", acts.QueueState.as_view(), name="api-queue"),
]
