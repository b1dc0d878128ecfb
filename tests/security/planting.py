"""Every text that a person, a provider, a browser or an operator chooses, replaced by one that tries to run.

`PLANTED` and `OF_MACHINES` name every column of text between them, so that a new column needs a decision.
"""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.db import DataError, IntegrityError, models, transaction
from django.db.models.functions import Now
from post_office.models import Email, Log

from accounts.models import AuditEvent, User
from predictions.models import SavedFilter, ScheduledRun, ScheduledTask, WorkerSeen
from tests.security.payloads import script_for

OF_DJANGO = {"admin", "contenttypes", "sessions"}
PLANTED = {
    *("accounts.User.username", "accounts.User.first_name", "accounts.User.last_name", "accounts.User.email"),
    *("accounts.ApiToken.name", "accounts.Invitation.email", "auth.Group.name", "account.EmailAddress.email"),
    *("usersessions.UserSession.user_agent", "socialaccount.SocialAccount.uid"),
    *("post_office.Email.subject", "post_office.Email.message", "post_office.Email.html_message"),
    *("post_office.Email.to", "post_office.Email.cc", "post_office.Email.bcc", "post_office.Email.from_email"),
    *("post_office.Email.message_id", "post_office.Log.message", "post_office.Log.exception_type"),
    *("post_office.Attachment.name", "post_office.Attachment.mimetype"),
    *("predictions.SavedFilter.name", "predictions.IdempotencyKey.key", "predictions.ModelVersion.name"),
    *("predictions.TrainingRun.name", "predictions.TrainingRun.log", "predictions.TrainingRun.trouble"),
    *("predictions.WorkerSeen.device", "predictions.WorkerSeen.runtime", "predictions.WorkerSeen.code"),
    *("predictions.WorkerSeen.trouble", "predictions.Comparison.trouble", "predictions.Challenger.trouble"),
    "predictions.ScheduledRun.error",
    *("predictions.Prediction.runtime", "predictions.Prediction.device", "predictions.Prediction.worker"),
    *("predictions.Submission.text", "predictions.Submission.written", "predictions.Submission.label"),
    *("predictions.Review.text", "predictions.KnownAnswer.text", "predictions.KnownAnswer.truth"),
    *("predictions.ShadowReading.text", "predictions.ShadowReading.written"),
    *("predictions.SheetTemplate.title", "predictions.Sheet.title", "predictions.SheetCell.text"),
    *("predictions.SheetCell.read_text", "predictions.WebhookEndpoint.url", "predictions.WebhookDelivery.trouble"),
}
INSERTED = {  # rows that may not be changed, or columns that name their row
    *("accounts.AuditEvent.actor_name", "accounts.AuditEvent.target", "accounts.AuditEvent.device"),
    *("accounts.AuditText.target", "predictions.WorkerSeen.name", "predictions.SavedFilter.query"),
}
OF_MACHINES = {  # checksums, keys, codes and names that only our code writes
    *(
        "accounts.User.password",
        "accounts.ApiToken.digest",
        "accounts.ApiToken.token_key",
        "accounts.AuditEvent.action",
    ),
    *("accounts.GuestCount.key", "accounts.AttemptCount.key", "accounts.Invitation.code_hash"),
    *("predictions.Submission.guest_key", "predictions.Submission.body_sha256", "predictions.Submission.verdict"),
    *("predictions.Drawing.image_type", "predictions.IdempotencyKey.body_sha256", "predictions.ModelVersion.sha256"),
    *("predictions.ModelVersion.preprocessing", "predictions.ModelVersion.set_signature"),
    *("predictions.ModelArtifact.sha256", "predictions.ModelArtifact.signature", "predictions.ShadowReading.verdict"),
    *("predictions.SavedFilter.table", "predictions.Prediction.preprocessing", "predictions.Prediction.expects_sha256"),
    *("predictions.HistoryTerm.term", "auth.Permission.name", "auth.Permission.codename"),
    *("account.EmailConfirmation.key", "usersessions.UserSession.session_key", "post_office.Email.backend_alias"),
    *(f"socialaccount.SocialApp.{name}" for name in ("provider", "provider_id", "name", "client_id", "secret", "key")),
    *("socialaccount.SocialAccount.provider", "socialaccount.SocialToken.token"),
    "socialaccount.SocialToken.token_secret",
    *(f"post_office.EmailTemplate.{name}" for name in ("name", "description", "subject", "content", "html_content")),
    "post_office.EmailTemplate.language",
    *("predictions.PageFile.content_type", "predictions.WebhookEndpoint.encrypted_secret"),
    *("predictions.WebhookEndpoint.encrypted_former", "predictions.WebhookDelivery.body"),
}


def text_columns() -> Iterator[tuple[str, type[models.Model], models.Field]]:
    """Yield every column of text that is not one of a few choices, with its name."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
            if is_text and model._meta.app_label not in OF_DJANGO:
                yield f"{model._meta.label}.{field.name}", model, field


def _add_rows() -> None:
    """Add a row to tables in which the people of the walk have none."""
    for user in User.objects.all():
        EmailAddress.objects.create(user=user, email=user.email or f"{user.pk}@example.org")
        SocialAccount.objects.create(
            user=user, provider="sso", uid=str(user.pk), extra_data={"name": script_for(3, 60)}
        )
    Log.objects.create(email=Email.objects.latest("pk"), status=1)
    ScheduledRun.objects.create(name=ScheduledTask.OLD, started_at=Now(), finished_at=Now(), failed_at=Now())


def plant() -> dict[str, list[str]]:
    """Replace the texts of all rows. Return which column has which texts, without those that the database refuses."""
    _add_rows()
    planted: dict[str, list[str]] = {}
    for place, (name, model, field) in enumerate(text_columns()):
        if name not in PLANTED:
            continue
        for row in model._base_manager.values_list("pk", flat=True):
            mark = f"#{place}.{row}"[:8]
            text = script_for(place, (field.max_length or 4_000) - len(mark)) + mark
            try:
                with transaction.atomic():
                    model._base_manager.filter(pk=row).update(**{field.name: text})
            except (IntegrityError, DataError):  # a constraint: what it refuses is never shown
                continue
            planted.setdefault(name, []).append(text)
    return planted | _insert()


def _insert() -> dict[str, list[str]]:
    """Add a row where rows may not be changed."""
    texts = {name: script_for(place, 40) + f"%{place}" for place, name in enumerate(sorted(INSERTED))}
    actor, target, device = (texts[f"accounts.AuditEvent.{name}"] for name in ("actor_name", "target", "device"))
    for action in ("token.created", "filter.saved", "user.changed"):
        details = {"name": script_for(3, 60), script_for(4, 30): script_for(5, 60)}
        AuditEvent.objects.create(action=action, actor_name=actor, target=target, device=device, details=details)
    WorkerSeen.objects.create(name=texts["predictions.WorkerSeen.name"], trouble=script_for(6, 200), seen_at=Now())
    for user in User.objects.filter(is_staff=True):
        query = "q=" + texts["predictions.SavedFilter.query"]
        SavedFilter.objects.create(owner=user, table="predictions.submission", name=script_for(7, 60), query=query)
    return {name: [text] for name, text in texts.items() if not name.startswith("accounts.AuditText")}
