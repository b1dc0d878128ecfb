"""Functions that make rows. By convention alice draws, bob is a stranger, carol reviews."""

import base64
import hashlib
from typing import Any

from django.contrib.auth.models import Permission

from accounts.models import User
from ml.artifacts import Artifact
from ml.golden import golden_drawing
from ml.types import PIPELINE_VERSION, PREPROCESSING_VERSION
from predictions import claims, lifecycle, registry
from predictions.comparisons.measures import CalibrationErrors, DigitTally, Measures, ReadingTimes
from predictions.comparisons.tallies import Tally
from predictions.models import Drawing, Job, ModelVersion, Prediction, Submission

URL = "/api/v1/submissions/"
SEVEN = {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}
ONE = {"strokes": [[[140, 40], [140, 240]]], "width": 280, "height": 280, "pen_px": 20}

SEEN = base64.b64encode(bytes(784)).decode()  # the input of the network for blank paper


def make_user(name: str = "alice", **fields: Any) -> User:
    """Make a user without a password, as hashing one is slow. fields: as `User.objects.create_user` takes them."""
    return User.objects.create_user(name, "", None, **fields)


def make_reviewer(name: str = "carol") -> User:
    """Make a staff user who may view and review submissions."""
    user = make_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_submission", "change_submission"]))
    return user


def make_submission(owner: User | None = None, digit: int = 7, seed: int = 0, **fields: Any) -> Submission:
    """Queue a golden drawing of `digit`; owner: None for the golden guest."""
    who: dict[str, Any] = {"owner": owner} if owner else {"guest_key": "golden"}
    return lifecycle.queue(Submission(**who, **fields), Drawing(**golden_drawing(digit, seed=seed)))


def make_version(name: str = "test-1", data: bytes = b"network", *, is_live: bool = True) -> ModelVersion:
    """Register bytes that are no networks, which suffices where nothing loads them."""
    version = registry.register(make_artifacts(name, {"litert": data, "line-litert": b"lines"}))
    if is_live:
        registry.promote(version, by=None)
    return version


def make_measures(**fields: Any) -> Measures:
    """Return measures of two versions that read alike. fields: others of Measures."""
    of_one = DigitTally(golden=Tally(50, 50), reviewed=Tally(2, 2))
    alike: dict[str, Any] = {
        "digits": {str(digit): of_one for digit in range(10)},
        "refusals": Tally(240, 235),
        "calibration": CalibrationErrors(520, 0.012, 0.012, 0.001),
        "times": ReadingTimes(100, 2.0, 2.0, 1.0),
    }
    return Measures(**(alike | fields))


def make_old_version(name: str = "old-1", preprocessing: str = "ink-0", *, is_live: bool = True) -> ModelVersion:
    """Register a version without a line recognizer, as code from before versions had one did."""
    version = registry.register(make_artifacts(name, {"litert": name.encode()}, preprocessing=preprocessing))
    if is_live:
        registry.promote(version, by=make_user(f"promoter of {name}"))
    return version


def make_artifacts(name: str, networks: dict[str, bytes], **card: Any) -> list[Artifact]:
    """Return the artifacts of a version. networks: bytes by format; card: more entries of its card."""
    hashes = {format_: hashlib.sha256(data).hexdigest() for format_, data in networks.items()}
    card = {"name": name, "preprocessing": PREPROCESSING_VERSION, "sha256": hashes, **card}
    return [Artifact(name, format_, data, hashes[format_], card) for format_, data in networks.items()]


def make_reading(text: str = "7", confidence: float = 0.99) -> dict[str, Any]:
    """Return a reading as a Prediction stores it."""
    sure = [confidence if digit == int(text[0]) else (1 - confidence) / 9 for digit in range(10)]
    guess = {"digit": int(text[0]), "confidence": confidence, "probabilities": sure, "box": [0, 0, 9, 9], "input": SEEN}
    return {
        "text": text,
        "verdict": "digit",
        "confidence": confidence,
        "digits": [guess],
        "preprocessing": PIPELINE_VERSION,
    }


def make_prediction(submission: Submission, version: ModelVersion, text: str = "7") -> Prediction:
    """Return an unsaved prediction, as a worker would record it."""
    return Prediction(
        submission=submission,
        model_version=version,
        preprocessing=PIPELINE_VERSION,
        reading=make_reading(text),
        runtime="litert",
        device="cpu",
        worker="test",
        batch_size=1,
        queued_at=submission.queued_at,
        started_at=submission.started_at,
    )


def make_job(submission: Submission, kind: str = "explain", version: ModelVersion | None = None, **fields: Any) -> Job:
    """Queue a job. version: None for the live one."""
    version = version or ModelVersion.objects.live().get()
    return Job.objects.create(
        submission=submission, kind=kind, model_version=version, asked_by=submission.owner, **fields
    )


def explain(submission: Submission) -> Job:
    """Request an explanation of a 7 and finish it: the left half of the ink speaks for 7, the right half for 1."""
    job = make_job(submission)
    heat = [[1.5] * 14 + [-0.5] * 14] * 28
    digit = {"digit": 7, "runner_up": 1, "log_odds": 3.2, "for_at": "left", "against_at": None, "heat": heat}
    with claims.claimed_job() as [claimed]:
        lifecycle.complete_job(claimed, {"digits": [digit]})
    job.refresh_from_db()
    return job


def read_one(owner: User, text: str = "7") -> Submission:
    """Queue a drawing of `owner` and finish it as read."""
    version = ModelVersion.objects.live().first() or make_version()
    submission = make_submission(owner)
    with claims.claimed(1) as [row]:
        lifecycle.succeed(row, make_prediction(row, version, text))
    submission.refresh_from_db()
    return submission
