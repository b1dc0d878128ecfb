"""Each operation of the API: its id, summary, parameters and responses. The views do the work."""

from functools import partial

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from predictions.api.request_serializers import (
    BATCH,
    DRAWING,
    IMAGE,
    ImageFormSerializer,
    ImagesFormSerializer,
    ListQuerySerializer,
    ReviewSerializer,
)
from predictions.api.schema import examples
from predictions.api.schema.parameters import (
    BATCH_REPLAYED,
    CANCEL_AFTER,
    ETAG,
    IDEMPOTENCY_KEY,
    IN_QUEUE,
    LOCATION,
    MODEL,
    PREFER,
    REPLAYED,
    RETRY_ACCEPTED,
    RETRY_ERROR,
    RETRY_UNFINISHED,
    WAIT,
    WAIT_APPLIED,
    json_request,
    operation,
    response_example,
    with_errors,
)
from predictions.api.serializers import (
    AcceptedBatchSerializer,
    ExplanationSerializer,
    PageSerializer,
    QueueSerializer,
    ReadAgainSerializer,
    SubmissionSerializer,
)

_operation = partial(operation, "submissions")


FINISHED = response_example("finished", examples.FINISHED)
WAITING = response_example("waiting", examples.WAITING)
SUBMISSION = OpenApiResponse(SubmissionSerializer, "The submission.", [FINISHED, WAITING])
DRAWING_REQUEST = {
    "application/json": json_request(
        DRAWING, strokes=examples.DRAWING, image=examples.IMAGE, expects=examples.EXPECTING
    ),
    "multipart/form-data": ImageFormSerializer,
    **dict.fromkeys(("image/png", "image/jpeg", "image/webp", "application/octet-stream"), IMAGE),
}
DRAWING_RESPONSES = {
    201: OpenApiResponse(SubmissionSerializer, "Finished.", [FINISHED]),
    202: OpenApiResponse(SubmissionSerializer, "Queued.", [WAITING]),
}
DRAWING_ERRORS = (400, 408, 410, 411, 413, 415)
DRAWING_HEADERS = [LOCATION, WAIT_APPLIED, REPLAYED, RETRY_ACCEPTED]

LIST_SUBMISSIONS = _operation(
    "list_submissions",
    "List your submissions",
    "Newest first. Follow `next` until it is null. New submissions do not move the pages: each is shown once.",
    parameters=[ListQuerySerializer, RETRY_ERROR],
    responses=with_errors(
        {200: OpenApiResponse(PageSerializer, "A page.", [response_example("page", examples.PAGE)])}, 400
    ),
)
SUBMIT_DRAWING = _operation(
    "submit_drawing",
    "Send a drawing",
    "Send strokes, or one image: as the body, as the form field `image`, or in base64; and in `expects` what "
    "will be written, if you know. It is stored before the response is sent.",
    parameters=[WAIT, PREFER, CANCEL_AFTER, IDEMPOTENCY_KEY, *DRAWING_HEADERS],
    request=DRAWING_REQUEST,
    responses=with_errors(DRAWING_RESPONSES, *DRAWING_ERRORS, 422),
)
PUT_DRAWING = _operation(
    "put_drawing",
    "Send a drawing under your own id",
    "Like POST, under a UUID that you create. Sent again with the same body, it returns the same submission; "
    "with a different body, 409.",
    parameters=[WAIT, PREFER, CANCEL_AFTER, *DRAWING_HEADERS],
    request=DRAWING_REQUEST,
    responses=with_errors(DRAWING_RESPONSES, *DRAWING_ERRORS, 404, 409),
)
SUBMIT_BATCH = _operation(
    "submit_batch",
    "Send many drawings",
    f"At most {settings.BATCH_ITEMS_LIMIT} drawings, {settings.BATCH_LIMIT_BYTES // 10**6} MB in all. Each is accepted "
    "or refused individually. Batches are read after single drawings.",
    parameters=[IDEMPOTENCY_KEY, RETRY_ERROR, BATCH_REPLAYED],
    request={
        "application/json": json_request(BATCH, batch=[examples.DRAWING, examples.ONE_DRAWING]),
        "multipart/form-data": ImagesFormSerializer,
    },
    responses=with_errors(
        {
            202: OpenApiResponse(
                AcceptedBatchSerializer,
                "An id or an error for each drawing, in the order sent.",
                [response_example("batch", examples.ACCEPTED_BATCH)],
            )
        },
        *(400, 408, 411, 413, 415, 422),
    ),
)
GET_SUBMISSION = _operation(
    "get_submission",
    "Get a submission",
    "With `wait`, responds as soon as it is finished, or when the time is up. A finished submission has an ETag.",
    parameters=[WAIT, PREFER, RETRY_UNFINISHED, RETRY_ERROR, ETAG],
    responses=with_errors({200: SUBMISSION, 304: OpenApiResponse(None, "Not modified.")}, 400, 404),
)
DELETE_SUBMISSION = _operation(
    "delete_submission",
    "Delete a submission",
    "It disappears at once. Its content is erased after a minute, its id after a day.",
    responses=with_errors({204: OpenApiResponse(None, "Deleted.")}, 404),
)
CANCEL_SUBMISSION = _operation(
    "cancel_submission",
    "Cancel a submission",
    "Only while it is `queued` or `running`.",
    request=None,
    responses=with_errors({200: SUBMISSION}, 404, 409),
)
RETRY_SUBMISSION = _operation(
    "retry_submission",
    "Retry a failed submission",
    "Only after the failures `gave_up`, `deadline` and `no_model`.",
    parameters=[RETRY_UNFINISHED, RETRY_ERROR],
    request=None,
    responses=with_errors({200: SUBMISSION}, 404, 409),
)
REVIEW_SUBMISSION = _operation(
    "review_submission",
    "Say what the drawing shows",
    "The newest review becomes the `label`.",
    request={"application/json": json_request(ReviewSerializer, one={"text": "1"})},
    responses=with_errors(
        {201: OpenApiResponse(SubmissionSerializer, "Recorded.", [FINISHED])}, *(400, 404, 408, 409, 411, 413, 415)
    ),
)
WITHDRAW_REVIEW = _operation(
    "withdraw_review",
    "Take your newest review back",
    "The review before it, if there is one, is the `label` again.",
    responses=with_errors({200: SUBMISSION}, 404, 409),
)
EXPLAINED = response_example("done", examples.EXPLANATION)
EXPLANATION_QUEUED = response_example("queued", examples.EXPLANATION_QUEUED)
ASK_FOR_EXPLANATION = _operation(
    "ask_for_explanation",
    "Explain a reading",
    "Finds the ink that points to each digit and to its runner-up. A reading is explained once; asking again returns "
    "the same explanation.",
    parameters=[MODEL, RETRY_ACCEPTED],
    request=None,
    responses=with_errors(
        {
            200: OpenApiResponse(ExplanationSerializer, "Already explained.", [EXPLAINED]),
            202: OpenApiResponse(ExplanationSerializer, "Queued.", [EXPLANATION_QUEUED]),
        },
        *(404, 409),
    ),
)
GET_EXPLANATION = _operation(
    "get_explanation",
    "Get an explanation",
    "404 until it has been requested with POST.",
    parameters=[MODEL, WAIT, PREFER, RETRY_UNFINISHED, RETRY_ERROR],
    responses=with_errors(
        {200: OpenApiResponse(ExplanationSerializer, "The job and its result.", [EXPLAINED, EXPLANATION_QUEUED])},
        *(400, 404),
    ),
)
READ = response_example("done", examples.READ_AGAIN)
READ_QUEUED = response_example("queued", examples.READ_AGAIN_QUEUED)
READ_AGAIN = _operation(
    "read_again",
    "Read a submission again",
    "Reads a finished submission with the live model. `result` stays the first reading; the new one is added to "
    "`readings`. For the failures that `retry/` handles, 409.",
    parameters=[RETRY_ACCEPTED],
    request=None,
    responses=with_errors(
        {
            200: OpenApiResponse(ReadAgainSerializer, "The live model has already read it.", [READ]),
            202: OpenApiResponse(ReadAgainSerializer, "Queued.", [READ_QUEUED]),
        },
        *(404, 409),
    ),
)
GET_READ_AGAIN = _operation(
    "get_read_again",
    "Get the newest repeated reading",
    "404 until one has been requested with POST.",
    parameters=[WAIT, PREFER, RETRY_UNFINISHED, RETRY_ERROR],
    responses=with_errors(
        {200: OpenApiResponse(ReadAgainSerializer, "The job and its result.", [READ, READ_QUEUED])}, 400, 404
    ),
)
GET_IMAGE = _operation(
    "get_image",
    "Get the image of a submission",
    "For an image, an upright copy without metadata; for strokes, a thumbnail. 409 until it has been read.",
    responses=with_errors({(200, f"image/{kind}"): OpenApiTypes.BINARY for kind in ("png", "jpeg", "webp")}, 404, 409),
)
GET_QUEUE = _operation(
    "get_queue",
    "Get the state of the queue",
    "How many drawings are waiting, for how long, and how many workers are running.",
    parameters=[IN_QUEUE, RETRY_ERROR],
    responses=with_errors(
        {200: OpenApiResponse(QueueSerializer, "The queue.", [response_example("queue", examples.QUEUE)])}, 400
    ),
)
