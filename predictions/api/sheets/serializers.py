"""What the API answers about sheets: the one definition of its fields."""

from rest_framework import serializers

from ml.sheets.template import ColumnKind, SumKind
from predictions.api.reading_serializers import ProbabilityField, ProblemSerializer
from predictions.api.serializers import FailureSerializer
from predictions.api.sheets.forms import TemplateFormField
from predictions.models import CellState, Status, TemplateKind, ValueSource
from predictions.services.sheets.progress import SheetState

COMPLETE = "Whether every page that was sent was read; false while one is still to be, or can't be read."
TITLE = "Its own, else its template's; empty for an own table whose columns are not named yet."


class SheetTemplateSerializer(serializers.Serializer):
    """A version of a template. It never changes; a change makes a new version with an id of its own."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of this version.")
    pdf = serializers.CharField(allow_null=True, help_text="The path of the PDF to print; null for an own table.")
    family = serializers.UUIDField(help_text="Shared by all versions of the template.")
    version = serializers.IntegerField(min_value=1)
    kind = serializers.ChoiceField(TemplateKind.values)
    title = serializers.CharField()
    form = TemplateFormField()
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class SheetTemplateListSerializer(serializers.Serializer):
    """The newest versions of your templates, newest first."""

    results = SheetTemplateSerializer(many=True)


class PageProblemSerializer(serializers.Serializer):
    """What is wrong with a photograph."""

    kind = serializers.CharField(
        help_text="Such as `blurred`, `slightly_blurred`, `too_small`, `dark`, `glare`, `shadow`, `marks_missing`, "
        "`code_hidden`, `cells_missing` or `cut_off`; `repeated` if another page of the sheet holds the same numbers."
    )
    place = serializers.CharField(help_text="Such as `upper left`; empty for the whole page.")


class SheetPageSerializer(serializers.Serializer):
    """A photographed page."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of the page.")
    number = serializers.IntegerField(min_value=1, help_text="The order in which pages were sent.")
    status = serializers.ChoiceField(Status.values)
    template_page = serializers.IntegerField(min_value=1, allow_null=True)
    copy = serializers.IntegerField(
        min_value=0, help_text="Tells apart pages that are the same page of the template, filled in several times."
    )
    picture = serializers.CharField(allow_null=True, help_text="The path of its upright picture, once there is one.")
    width = serializers.IntegerField(allow_null=True, help_text="Of the upright picture, in px.")
    height = serializers.IntegerField(allow_null=True)
    problems = PageProblemSerializer(
        many=True, allow_null=True, help_text="What is wrong with the photograph; null until a worker looked at it."
    )
    error = FailureSerializer(allow_null=True)


class ListedSheetSerializer(serializers.Serializer):
    """A sheet as lists show it."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The path of the sheet.")
    title = serializers.CharField(allow_blank=True, help_text=TITLE)
    state = serializers.ChoiceField(
        SheetState.values,
        help_text="`reading`, then `read`; `needs_columns` for an own table whose columns are not named yet; "
        "`failed` if no page could be read, or none is left.",
    )
    is_complete = serializers.BooleanField(help_text=COMPLETE)
    template = serializers.UUIDField(allow_null=True)
    is_demo = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True, help_text="When all cells were read.")


class ProgressSerializer(serializers.Serializer):
    """How many cells there are, and how far they are."""

    cells = serializers.IntegerField(min_value=0)
    unread = serializers.IntegerField(min_value=0, help_text="Not read yet.")
    written = serializers.IntegerField(min_value=0, help_text="Written by hand, in columns that are read.")
    confirmed = serializers.IntegerField(min_value=0, help_text="Accepted or typed by a person.")


class SheetSerializer(ListedSheetSerializer):
    """A sheet: its pages, and how far they are read."""

    table = serializers.CharField(help_text="The path of its table.")
    threshold = ProbabilityField(allow_null=True, help_text="The least confidence that is accepted without checking.")
    progress = ProgressSerializer()
    pages = SheetPageSerializer(many=True)


class SheetListSerializer(serializers.Serializer):
    """Sheets, newest first."""

    results = ListedSheetSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The path of the next page.")


class CellAlternativeSerializer(serializers.Serializer):
    """Another reading of a cell."""

    text = serializers.CharField()
    probability = ProbabilityField()


class SheetCellSerializer(serializers.Serializer):
    """A cell of the table."""

    url = serializers.CharField(help_text="The path of the cell.")
    image = serializers.CharField(allow_null=True, help_text="The path of its picture; null for one without ink.")
    row = serializers.IntegerField(min_value=0, help_text="Of the template, from 0; a row of totals is the last.")
    column = serializers.IntegerField(min_value=0)
    page = serializers.IntegerField(min_value=1, help_text="The number of its page.")
    state = serializers.ChoiceField(CellState.values)
    text = serializers.CharField(allow_blank=True, help_text="The value.")
    read_text = serializers.CharField(allow_blank=True, help_text="What the reader said by itself.")
    confidence = ProbabilityField(allow_null=True, help_text="That the value is right; null until it is known.")
    problem = ProblemSerializer(allow_null=True, help_text="Why `text` is not what its column expects, if it is not.")
    is_waiting = serializers.BooleanField(help_text="Whether it is still to be read.")
    source = serializers.ChoiceField(ValueSource.values)  # type: ignore[assignment]  # a Field's attribute
    alternatives = CellAlternativeSerializer(many=True)
    is_confirmed = serializers.BooleanField()
    confirmed_by = serializers.CharField(allow_null=True, help_text="The name of the person who accepted or typed it.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    box = serializers.ListField(
        child=serializers.FloatField(), help_text="x, y, width and height in px of the page's picture."
    )


class SheetSumSerializer(serializers.Serializer):
    """A total of the table, and what its parts add up to."""

    kind = serializers.ChoiceField([kind.value for kind in SumKind])
    row = serializers.IntegerField(min_value=0, help_text="Where the total is written.")
    column = serializers.IntegerField(min_value=0)
    copy = serializers.IntegerField(min_value=0, help_text="Of which copy of the template's pages.")
    written = serializers.CharField(allow_blank=True, help_text="The total as it is written; empty if it is not.")
    computed = serializers.CharField(
        allow_null=True, help_text="What its parts add up to, in the same form; null if one of them is no number."
    )
    adds_up = serializers.BooleanField(allow_null=True, help_text="Whether the two are the same; null if unknown.")


class SheetColumnSerializer(serializers.Serializer):
    """A column of the table."""

    name = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in ColumnKind])


class SheetRowSerializer(serializers.Serializer):
    """A row of the table."""

    row = serializers.IntegerField(min_value=0, help_text="Of the template, from 0.")
    copy = serializers.IntegerField(min_value=0)
    is_total = serializers.BooleanField(help_text="Whether it is the row of totals.")
    values = serializers.ListField(child=serializers.CharField(allow_null=True), help_text="A text for each column.")
    cells = SheetCellSerializer(many=True)


class SheetTableSerializer(serializers.Serializer):
    """The table of a sheet."""

    sheet = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True, help_text=TITLE)
    state = serializers.ChoiceField(SheetState.values)
    is_complete = serializers.BooleanField(help_text=COMPLETE)
    failed_pages = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        help_text="The numbers of the pages that can't be read: the table lacks their rows.",
    )
    missing_pages = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        help_text="The pages of a printed template that are on no photograph. They may not have been filled in.",
    )
    columns = SheetColumnSerializer(many=True)
    rows = SheetRowSerializer(many=True)
    sums = SheetSumSerializer(many=True)
    expected_errors = serializers.FloatField(
        help_text="How many of the values that nobody confirmed are wrong, by their confidences."
    )


class ChangedSerializer(serializers.Serializer):
    """The cells that changed."""

    cells = SheetCellSerializer(many=True)
