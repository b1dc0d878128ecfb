"""Carry out one training run: collect the reviewed set, tune the digit network, pack it, and register a candidate.

It runs in a process of its own, since TensorFlow keeps its memory and a run may be killed for using too much.
"""

import logging
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Now
from django.utils import timezone

from ml.artifacts import Artifact
from predictions import artifact_sets, lifecycle, registry
from predictions.models import ErrorCode, ModelVersion, Stage, Status, TrainingRun
from predictions.services.reviewed_set import iterate_reviewed
from predictions.worker.training.collected import Collected, known_drawings, labelled
from predictions.worker.training.state import join_state, split_state

if TYPE_CHECKING:
    from ml.training.fine_tuning import Material, Progress
    from ml.training.tuning_material import Others

LEAST_INPUTS = 20
COLLECTED, TUNED = 0.1, 0.8  # the share that is done after each stage

logger = logging.getLogger(__name__)


class LostClaim(RuntimeError):
    """The run was canceled, or another trainer has it: this process must stop."""


class CannotTrain(RuntimeError):
    """The run cannot be done, and trying again would not help; the message says why."""


class Reporter:
    """Writes how far a run is to its row, as long as the claim holds."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run

    def tell(self, line: str, **columns: Any) -> None:
        """Add a line to the log, and store columns. Raises LostClaim."""
        logger.info("%s: %s", self.run.name, line)
        row = TrainingRun.objects.filter(pk=self.run.pk, claim=self.run.claim, status=Status.RUNNING)
        added = Concat(F("log"), Value(f"{timezone.now():%H:%M:%S} {line}\n"))
        if not row.filter(deadline_at__gt=Now()).update(log=added, **columns):
            if row.exists():
                raise CannotTrain(f"It was not done within {settings.TRAINING_LIMIT_S} s.")
            raise LostClaim(self.run.name)


def carry_out(run: TrainingRun) -> bool:
    """Do a claimed run; return True if it made a candidate, False if it failed for good.

    Raises:
        LostClaim: if somebody else has it by now.
        Exception: any other; the run may be tried again.
    """
    try:
        candidate = _train(run, Reporter(run))
    except CannotTrain as error:
        is_late = run.deadline_at is not None and run.deadline_at < timezone.now()
        lifecycle.fail_training_run(run, str(error), ErrorCode.DEADLINE if is_late else ErrorCode.GAVE_UP)
        return False
    logger.info("%s is a candidate", candidate.name)
    return True


def _train(run: TrainingRun, reporter: Reporter) -> ModelVersion:
    from ml.evaluation.tuned_packing import Tuned, pack_tuned  # TensorFlow takes long to import
    from ml.training.fine_tuning import Material

    began = time.monotonic(), time.process_time()
    former = artifact_sets.load_all(run.start)
    if "keras" not in {artifact.format for artifact in former}:
        raise CannotTrain(f"{run.start.name} has no Keras file, which is needed to tune it.")
    reporter.tell(
        f"collecting the reviewed set; the digit network of {run.start.name} is tuned", stage=Stage.COLLECTING
    )
    collected = Collected()
    for drawing in iterate_reviewed():
        collected.add(drawing)
    run.counts = counts = collected.counts()
    if len(collected.train) < LEAST_INPUTS:
        raise CannotTrain(
            f"There are only {len(collected.train)} digits to train on; at least {LEAST_INPUTS} are needed. Only "
            "drawings count whose owner allowed it and that somebody else reviewed, of four in five owners."
        )
    others = _others(run)
    held_out = {"reviewed": labelled(collected.validation), "others": others.held_out}
    material = Material(labelled(collected.train), others.images, held_out)
    reporter.tell(
        "{inputs} reviewed digits of {writers} people, {known} drawings kept to judge it".format(**counts)
        + f", {len(material.others)} other images",
        counts=counts,
        stage=Stage.TUNING,
        progress=COLLECTED,
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / run.name
        network, curves = _tune(run, material, reporter, former, out)
        reporter.tell("calibrating and measuring", stage=Stage.PACKING, progress=TUNED)
        record = _record(run, others, curves, began)
        tuned = Tuned(network, former, record)
        artifacts = pack_tuned(tuned, out, others.held_out, known_drawings(collected.known), _data())
    with transaction.atomic():
        candidate = registry.register(artifacts)
        reporter.tell(f"registered as {candidate.name}; a worker compares it with the model that reads")
        if not lifecycle.complete_training_run(run, candidate):
            raise LostClaim(run.name)
    return candidate


def _others(run: TrainingRun) -> "Others":
    from ml.training.tuning_material import draw_others, load_others

    count, data = run.options["images"], _data()
    return load_others(data, count) if data else draw_others(count, run.options["seed"])


def _data() -> Path | None:
    return Path(settings.TRAINING_DATA) if settings.TRAINING_DATA else None


def _tune(
    run: TrainingRun, material: "Material", reporter: Reporter, former: Sequence[Artifact], out: Path
) -> tuple[Any, dict[str, list[float]]]:
    import keras

    from ml.training.fine_tuning import fine_tune

    epochs, sha256 = run.options["epochs"], run.counts["sha256"]
    out.with_suffix(".keras").write_bytes(next(one.data for one in former if one.format == "keras"))
    start = keras.saving.load_model(out.with_suffix(".keras"), compile=False, safe_mode=True)

    def keep(progress: "Progress") -> None:
        curves = progress.curves
        told = ", ".join(f"{name} {values[-1]:.4f}" for name, values in curves.items())
        reporter.tell(
            f"epoch {progress.epoch} of {epochs}: {told}",
            curves=curves,
            progress=COLLECTED + (TUNED - COLLECTED) * progress.epoch / epochs,
            state=join_state(progress, sha256),
        )

    progress = split_state(bytes(run.state), sha256)
    if progress.epoch:
        reporter.tell(f"going on after epoch {progress.epoch}, where an earlier attempt ended")
    network = fine_tune(start, material, epochs, run.options["seed"], progress, keep)
    return network, progress.curves


def _record(
    run: TrainingRun, others: "Others", curves: dict[str, list[float]], began: tuple[float, float]
) -> dict[str, Any]:
    """Return the record of the training for the model card."""
    reviewed = {name: value for name, value in run.counts.items() if name != "sha256"}
    return {
        "started_from": run.start.name,
        "tuned": "digit network; the line recognizer is that of " + run.start.name,
        "data": ["mnist", "pen digits", "reviewed"] if _data() else ["templates", "reviewed"],
        "reviewed": reviewed | {"at": timezone.now().isoformat(timespec="seconds")},
        "epochs": run.options["epochs"],
        "seed": run.options["seed"],
        "parameters": run.start.card.get("training", {}).get("parameters"),
        "wall_seconds": round(time.monotonic() - began[0]),
        "cpu_seconds": round(time.process_time() - began[1]),
        "counts": {
            "mnist": others.mnist,
            "reviewed": reviewed["inputs"],
            "reviewed writers": reviewed["writers"],
            "drawn per epoch": len(others.images),
        },
        "training_writers": list(others.writers),
        "history": curves,
    }
