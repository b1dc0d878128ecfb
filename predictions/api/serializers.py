"""What the API answers. Together with `request_serializers` the one definition of its JSON: the schema is made from it.

The answers themselves are built by the plain functions of `responses`, at a fraction of a serializer's cost. A test
compares every answer with these definitions.
"""

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from ml.expects import CHECKS, Kind
from ml.expects.forms import DECIMAL_MARKS
from ml.types import CLASSES, SIGNS, Reason, Verdict
from predictions.models import ErrorCode, Role, Source, Status
from predictions.services.explanations import PLACES
from predictions.services.labels import PROBLEMS

VERDICTS = [verdict.value for verdict in Verdict]


class ProbabilityField(serializers.FloatField):
    """A number from 0 to 1."""

    def __init__(self, **options: object) -> None:
        super().__init__(min_value=0, max_value=1, **options)  # type: ignore[arg-type]


class DigitField(serializers.IntegerField):
    """A digit, 0 to 9."""

    def __init__(self, **options: object) -> None:
        super().__init__(min_value=0, max_value=CLASSES - 1, **options)  # type: ignore[arg-type]


class BoxField(serializers.ListField):
    """Where something stands in the drawing."""

    def __init__(self, **options: object) -> None:
        text = "x, y, width, height in the units of what was sent."
        super().__init__(child=serializers.FloatField(), min_length=4, max_length=4, help_text=text, **options)  # type: ignore[arg-type]


class ErrorDetailSerializer(serializers.Serializer):
    """A code for programs and a message for people."""

    code = serializers.CharField()
    message = serializers.CharField()


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


class DigitSerializer(serializers.Serializer):
    """One digit of a reading."""

    digit = DigitField()
    confidence = ProbabilityField()
    probabilities = serializers.ListField(child=ProbabilityField(), min_length=CLASSES, max_length=CLASSES)
    box = BoxField()
    input = serializers.CharField(help_text="Base64 of the 28 x 28 bytes that the network saw; 255 is ink.")


@extend_schema_serializer(component_name="Model")
class ModelVersionSerializer(serializers.Serializer):
    """The model version that made a reading."""

    version = serializers.CharField()
    sha256 = serializers.CharField()


class ReceiptSerializer(serializers.Serializer):
    """How and when a reading was made."""

    runtime = serializers.CharField()
    device = serializers.CharField()
    worker = serializers.CharField(help_text="Name of the worker process.")
    batch_size = serializers.IntegerField(min_value=1, help_text="Drawings that were read together.")
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField()


class ReasonSerializer(serializers.Serializer):
    """Why a reading is not sure: a code for programs and a message for people."""

    code = serializers.CharField(help_text=f"Such as {', '.join(Reason)}; more may be added.")
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """Why `text` is not what was expected: a code for programs and a message for people."""

    code = serializers.ChoiceField(list(PROBLEMS))
    message = serializers.CharField()


class SymbolSerializer(serializers.Serializer):
    """One digit or sign of `written`."""

    symbol = serializers.CharField(
        help_text=f'A digit, one of {SIGNS}, "?" for other ink, "#" for what is crossed out.'
    )
    confidence = ProbabilityField()
    box = BoxField()


class AlternativeSerializer(serializers.Serializer):
    """Another text that may have been written, with its probability."""

    text = serializers.CharField()
    probability = ProbabilityField()


class ExpectationSerializer(serializers.Serializer):
    """What was expected, with every option of its kind."""

    kind = serializers.ChoiceField(list(Kind))
    min_length = serializers.IntegerField(required=False)
    max_length = serializers.IntegerField(required=False)
    decimal = serializers.ChoiceField(list(DECIMAL_MARKS), required=False)
    sign = serializers.BooleanField(required=False)
    pattern = serializers.CharField(required=False)
    min = serializers.FloatField(required=False)
    max = serializers.FloatField(required=False)
    check = serializers.ChoiceField(list(CHECKS), required=False)


class ResultSerializer(serializers.Serializer):
    """A reading. `text` is the best reading; `confidence` is the probability that all of it is right.

    `text` has digits alone, unless signs were expected; `written` is all that stands there.
    """

    text = serializers.CharField()
    verdict = serializers.ChoiceField(VERDICTS)
    confidence = ProbabilityField()
    digits = DigitSerializer(many=True)
    preprocessing = serializers.CharField(help_text="Version of the preprocessing and segmentation.")
    written = serializers.CharField(help_text="Each symbol of `symbols`; empty if it is not known.")
    symbols = SymbolSerializer(many=True)
    reasons = ReasonSerializer(many=True, help_text="Why the verdict is not `digit`.")
    alternatives = AlternativeSerializer(many=True, help_text="Other texts, the likeliest first.")
    problem = ProblemSerializer(allow_null=True, help_text="Why `text` is not what was expected, if it is not.")
    model = ModelVersionSerializer()
    receipt = ReceiptSerializer()


class _SubmissionBase(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of this submission.")
    status = serializers.ChoiceField(Status.values)
    source = serializers.ChoiceField(Source.values)  # type: ignore[assignment]  # a Field's attribute
    batch = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expects = ExpectationSerializer(allow_null=True)
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
