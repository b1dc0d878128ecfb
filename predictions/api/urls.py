"""Routes of the API and its documentation."""

from django.urls import include, path

from predictions.api import actions, batch, guests, jobs, submissions
from predictions.api.exports import ndjson
from predictions.api.exports import views as exports
from predictions.api.schema import docs_page

urlpatterns = [
    path("api/v1/submissions", submissions.Submissions.as_view()),  # a redirect would lose the body
    path("api/v1/submissions/", submissions.Submissions.as_view(), name="api-submissions"),
    path("api/v1/submissions.ndjson", ndjson.SubmissionLines.as_view(), name="api-submission-lines"),
    path("api/v1/submissions/batch/", batch.SubmissionBatch.as_view(), name="api-batch"),
    path("api/v1/submissions/<uuid:id_>/", submissions.SubmissionDetail.as_view(), name="api-submission"),
    path("api/v1/submissions/<uuid:id_>/cancel/", actions.SubmissionCancel.as_view(), name="api-submission-cancel"),
    path("api/v1/submissions/<uuid:id_>/retry/", actions.SubmissionRetry.as_view(), name="api-submission-retry"),
    path("api/v1/submissions/<uuid:id_>/review/", actions.SubmissionReview.as_view(), name="api-submission-review"),
    path("api/v1/submissions/<uuid:id_>/image/", actions.SubmissionImage.as_view(), name="api-submission-image"),
    path("api/v1/submissions/<uuid:id_>/explanation/", jobs.SubmissionExplanation.as_view(), name="api-explanation"),
    path("api/v1/submissions/<uuid:id_>/read-again/", jobs.SubmissionReadAgain.as_view(), name="api-read-again"),
    path("api/v1/exports/", exports.Exports.as_view(), name="api-exports"),
    path("api/v1/exports/<uuid:id_>/", exports.ExportDetail.as_view(), name="api-export"),
    path("api/v1/exports/<uuid:id_>/file", exports.ExportFile.as_view(), name="api-export-file"),
    path("api/v1/", include("predictions.api.sheets.urls")),
    path("api/v1/", include("predictions.api.webhooks.urls")),
    path("api/guest/drawings/", guests.GuestDrawings.as_view(), name="api-guest-drawings"),
    path("api/guest/drawings/<uuid:id_>/", guests.GuestDrawing.as_view(), name="api-guest-drawing"),
    path("api/guest/queue/", guests.GuestQueue.as_view(), name="api-guest-queue"),
    path("api/v1/openapi.json", docs_page.schema, name="api-schema"),
    path("api/docs/", docs_page.docs_page, name="api-docs"),
    path("api/v1/queue/", actions.QueueState.as_view(), name="api-queue"),
]
