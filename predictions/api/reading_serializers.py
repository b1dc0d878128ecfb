"""What the API answers about one reading; see `serializers`."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ml.expects import CHECKS, Kind
from ml.expects.forms import DECIMAL_MARKS
from ml.types import CLASSES, SIGNS, Reason, Verdict
from predictions.services.labels import PROBLEMS

VERDICTS = [verdict.value for verdict in Verdict]


class ProbabilityField(serializers.FloatField):
    """A number from 0 to 1."""

    def __init__(self, **options: object) -> None:
        super().__init__(min_value=0, max_value=1, **options)  # type: ignore[arg-type]

    def to_internal_value(self, data: Any) -> float:
        """Return the number. Python would take true, 0_1 and other scripts' digits for numbers."""
        if isinstance(data, bool) or (isinstance(data, str) and not re.fullmatch(r"[-+.0-9eE]{1,40}", data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class DigitField(serializers.IntegerField):
    """A digit, 0 to 9."""

    def __init__(self, **options: object) -> None:
        super().__init__(min_value=0, max_value=CLASSES - 1, **options)  # type: ignore[arg-type]


class BoxField(serializers.ListField):
    """Where something stands in the drawing."""

    def __init__(self, **options: object) -> None:
        text = "x, y, width, height in the units of what was sent."
        super().__init__(child=serializers.FloatField(), min_length=4, max_length=4, help_text=text, **options)  # type: ignore[arg-type]


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
