"""What the API answers. Together with `request_serializers` the one definition of its JSON: the schema is made from it.

The answers themselves are built by the plain functions of `responses`, at a fraction of a serializer's cost. A test
compares every answer with these definitions.
"""

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.api.reading_serializers import (
    VERDICTS,
    DigitField,
    ExpectationSerializer,
    ModelVersionSerializer,
    ProbabilityField,
    ReasonSerializer,
    ResultSerializer,
)
from predictions.models import ErrorCode, Role, Source, Status
from predictions.services.explanations import PLACES


class ErrorDetailSerializer(serializers.Serializer):
    """A code for programs and a message for people."""

    code = serializers.CharField()
    message = serializers.CharField()
    request_id = serializers.CharField(
        required=False, help_text="Of faults on our side: what to tell us. Each response has it as `X-Request-ID`."
    )


class ErrorSerializer(serializers.Serializer):
    """Why a request was refused."""

    error = ErrorDetailSerializer()


class FailureSerializer(serializers.Serializer):
    """Why a submission, or a job on it, failed."""

    code = serializers.ChoiceField(ErrorCode.values)
    message = serializers.CharField()


class LabelSerializer(serializers.Serializer):
    """What the drawing shows, according to a person."""

    text = serializers.CharField()
    is_digit = serializers.BooleanField()
    by = serializers.ChoiceField(Role.values)


class _SubmissionBase(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of this submission.")
    status = serializers.ChoiceField(Status.values)
    source = serializers.ChoiceField(Source.values)  # type: ignore[assignment]  # a Field's attribute
    batch = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expects = ExpectationSerializer(allow_null=True)
    may_train = serializers.BooleanField(help_text="Whether it may train models, once somebody has reviewed it.")
    label = LabelSerializer(allow_null=True)  # type: ignore[assignment]  # a Field's attribute
    error = FailureSerializer(allow_null=True)


class SubmissionSerializer(_SubmissionBase):
    """A drawing and its status. `result` is the first reading and never changes; `readings` are by later models."""

    result = ResultSerializer(allow_null=True)
    readings = ResultSerializer(many=True)


class ListedSubmissionSerializer(_SubmissionBase):
    """A submission as lists show it."""

    text = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(VERDICTS, allow_null=True)
    confidence = ProbabilityField(allow_null=True)
    written = serializers.CharField(allow_null=True)
    reasons = ReasonSerializer(many=True)


class PageSerializer(serializers.Serializer):
    """Submissions, newest first."""

    results = ListedSubmissionSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The path of the next page.")


@extend_schema_serializer(component_name="Taken")
class AcceptedSerializer(serializers.Serializer):
    """An accepted drawing of a batch."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of the submission.")
    status = serializers.ChoiceField(Status.values)


BATCH_ITEM = PolymorphicProxySerializer(
    component_name="BatchItem", serializers=[AcceptedSerializer, ErrorSerializer], resource_type_field_name=None
)


@extend_schema_field(BATCH_ITEM)
class BatchItemField(serializers.JSONField):
    """An accepted drawing or an error."""


@extend_schema_serializer(component_name="TakenBatch")
class AcceptedBatchSerializer(serializers.Serializer):
    """The items are in the order in which they were sent; `batch` is null if none was accepted."""

    batch = serializers.UUIDField(allow_null=True)
    items = serializers.ListField(child=BatchItemField())


class _JobBase(serializers.Serializer):
    status = serializers.ChoiceField(Status.values)
    model = ModelVersionSerializer()
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = FailureSerializer(allow_null=True)


class ExplainedDigitSerializer(serializers.Serializer):
    """Why this digit was read and not the runner-up. The example is cut short."""

    digit = DigitField()
    runner_up = DigitField()
    log_odds = serializers.FloatField(
        help_text="Natural logarithm of how many times likelier the digit is than the runner-up."
    )
    for_at = serializers.ChoiceField(list(PLACES), allow_null=True, help_text="Where the ink favors the digit most.")
    against_at = serializers.ChoiceField(
        list(PLACES), allow_null=True, help_text="Where the ink favors the runner-up most."
    )
    heat = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text=(
            "28 rows of 28 numbers, one for each pixel of the digit's `input`: by how much `log_odds` falls if the "
            "ink around the pixel is erased. Above 0 favors the digit, below 0 the runner-up."
        ),
    )


class ExplainedReadingSerializer(serializers.Serializer):
    """An explanation in words, and in numbers for each digit."""

    text = serializers.CharField()
    digits = ExplainedDigitSerializer(many=True)


class ExplanationSerializer(_JobBase):
    """The job of explaining a reading, and the explanation once it is done."""

    explanation = ExplainedReadingSerializer(allow_null=True)


class ReadAgainSerializer(_JobBase):
    """The job of reading a submission again, and the new reading once it is done."""

    asked_at = serializers.DateTimeField(
        allow_null=True, help_text="Null if the model had already read this submission, so no job was needed."
    )
    reading = ResultSerializer(allow_null=True)


class QueueSerializer(serializers.Serializer):
    """The state of the queue."""

    queued = serializers.IntegerField(min_value=0)
    running = serializers.IntegerField(min_value=0)
    oldest_s = serializers.FloatField(min_value=0, help_text="How long the oldest submission has waited.")
    errands = serializers.IntegerField(min_value=0, help_text="Unfinished explanations and repeated readings.")
    workers = serializers.IntegerField(min_value=0, help_text="Workers that are running.")
    ahead = serializers.IntegerField(
        min_value=0,
        allow_null=True,
        help_text="How many submissions workers would take before the one in `submission`; null if it does not wait, "
        "or if nobody knows when it will be read because reading is paused.",
    )
    is_paused = serializers.BooleanField(
        help_text="Whether an operator has paused the reading of the one in `submission`, or without it of single "
        "drawings. Drawings are still accepted, and are read when reading goes on.",
    )
