"""URLs of the pages."""

from django.urls import include, path

from predictions.pages import draw, guests, jobs, model, network, offline, review, training
from predictions.pages.accuracy.agreement import agreement
from predictions.pages.accuracy.page import accuracy
from predictions.pages.history import deletion, exports, read_again, selection
from predictions.pages.history.listing import history
from predictions.pages.item import actions, images
from predictions.pages.item.page import item
from predictions.pages.statistics.page import own_statistics

urlpatterns = [
    path("", draw.draw, name="draw"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.service_worker, name="service-worker"),
    path("offline/", offline.offline, name="offline"),
    path("guest/keep/", guests.keep, name="keep-guest-drawings"),
    path("guest/discard/", guests.discard, name="discard-guest-drawings"),
    path("model/", model.model, name="model"),
    path("model/<slug:sha256>/browser-<int:layout>.bin", network.network, name="browser-network"),
    path("history/", history, name="history"),
    path("history/<uuid:id_>/", item, name="item"),
    path("history/<uuid:id_>/thumbnail.png", images.thumbnail, name="submission-thumbnail"),
    path("history/<uuid:id_>/image", images.image, name="submission-image"),
    path("history/<uuid:id_>/animation.gif", images.animation, name="submission-animation"),
    path("history/<uuid:id_>/review/", actions.review, name="review"),
    path("history/<uuid:id_>/review/withdraw/", actions.withdraw, name="withdraw-review"),
    path("history/<uuid:id_>/retry/", actions.retry, name="retry"),
    path("history/<uuid:id_>/explain/", jobs.explain, name="explain"),
    path("history/<uuid:id_>/read-again/", jobs.read_again, name="read-again"),
    path("history/<uuid:id_>/delete/", deletion.delete, name="delete"),
    path("history/<uuid:id_>/restore/", deletion.restore, name="restore"),
    path("history/<uuid:id_>/train/", training.train, name="train"),
    path("history/selected/count/", selection.count, name="count-selected"),
    path("history/selected/delete/", selection.delete_selected, name="delete-selected"),
    path("history/selected/read-again/", read_again.read_selected_again, name="read-selected-again"),
    path("history/deletions/<uuid:id_>/restore/", selection.restore_selected, name="restore-selected"),
    path("history/read-again/", read_again.newest_request, name="read-again-newest"),
    path("history/read-again/<uuid:id_>/", read_again.show_request, name="read-again-request"),
    path("history/read-again/<uuid:id_>/more/", read_again.read_more_again, name="read-more-again"),
    path("history/exports/", exports.exports, name="exports"),
    path("history/exports/<uuid:id_>/file", exports.file, name="export-file"),
    path("history/exports/<uuid:id_>/delete/", exports.delete, name="delete-export"),
    path("history/stop-training/", training.stop_training, name="stop-training"),
    path("history/statistics/", own_statistics, name="own-statistics"),
    path("sheets/", include("predictions.pages.sheets.urls")),
    path("sheets/templates/", include("predictions.pages.sheets.templates.urls")),
    path("review/", review.review_mode, name="review-mode"),
    path("review/accuracy/", accuracy, name="accuracy"),
    path("review/agreement/", agreement, name="agreement"),
    path("review/turn/", review.take_turn, name="review-turn"),
    path("review/entries/", review.save_entries, name="review-entries"),
    path("review/<int:key>/image", review.image, name="review-image"),
    path("webhooks/", include("predictions.pages.webhooks.urls")),
]
