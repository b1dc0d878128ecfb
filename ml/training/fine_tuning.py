"""Fine-tune a digit network on reviewed drawings without forgetting what it reads already.

An epoch mixes reviewed images with other ones, on which the network that is tuned also learns from the one that it
started from. Batch normalization keeps its statistics, since a few styles in a batch would shift them for all.

Source: Li and Hoiem, "Learning without forgetting", 2017 (the former network as the teacher).
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ml.data.digit_pools import Bytes
from ml.preprocessing.ink import Ink
from ml.training.digit_dataset import one_hot
from ml.training.digit_network import OUTPUTS
from ml.training.digit_network_training import LABEL_SMOOTHING
from ml.training.image_augmentation import AugmentImages

LEARNING_RATE = 4e-4
TEACHER_SHARE = 0.9  # of the targets of images that were not reviewed
REVIEWED_SHARE = 0.3  # of an epoch, as far as each reviewed image comes at most MOST_REPEATED times
MOST_REPEATED = 12
BATCH = 128


@dataclass(frozen=True)
class LabelledImages:
    """Images as the digit network gets them, (n, 28, 28) uint8 with 255 = ink, and labels (n,); 10 is "not a digit"."""

    images: Bytes
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, other: "LabelledImages") -> "LabelledImages":
        """Return both as one."""
        return LabelledImages(np.concatenate([self.images, other.images]), np.concatenate([self.labels, other.labels]))


@dataclass(frozen=True)
class Material:
    """What a network is tuned on: reviewed images, and others that keep it from forgetting."""

    reviewed: LabelledImages
    others: LabelledImages
    held_out: dict[str, LabelledImages]  # by the name of their curve; nothing is learned from them


@dataclass
class Progress:
    """How far a run is: epochs that are done, their curves, and all that a resumed run needs."""

    epoch: int = 0
    curves: dict[str, list[float]] = field(default_factory=dict)
    state: bytes = field(default=b"", repr=False)


def fine_tune(
    start: keras.Model,
    material: Material,
    epochs: int,
    seed: int,
    progress: Progress | None = None,
    on_epoch: Callable[[Progress], None] = lambda progress: None,
) -> keras.Model:
    """Return a network with the weights of `start` tuned on `material`. Cost: about 3 CPU-ms an image.

    Args:
        start: of `ml.training.digit_network`; it is not changed.
        material: the images.
        epochs: in all, those that are done included.
        seed: of everything random; a resumed run goes on exactly as an uninterrupted one.
        progress: of an interrupted run with the same arguments.
        on_epoch: called after each epoch; what it raises ends the run.
    """
    progress = progress or Progress()
    keras.utils.set_random_seed(seed)
    network = _copy(start)
    _set_normalization(network, is_trainable=False)
    teacher = _copy(start)
    teacher.trainable, teacher.name = False, "teacher"
    trainee = _with_teacher(network, teacher, seed)
    steps = epochs * len(_order(material, seed, 0)) // BATCH
    trainee.compile(optimizer=keras.optimizers.AdamW(_schedule(steps), weight_decay=1e-3, clipnorm=1.0), loss=_loss)
    trainee.optimizer.build(trainee.trainable_variables)
    kept = [one for one in (*trainee.variables, *trainee.optimizer.variables) if not _is_in(one, teacher.variables)]
    if progress.state:
        _restore(kept, progress.state)
    for epoch in range(progress.epoch, epochs):
        losses = [float(trainee.train_on_batch(*batch)) for batch in _batches(material, seed, epoch)]
        progress.epoch = epoch + 1
        _note(progress, network, material, float(np.mean(losses)))
        progress.state = _keep(kept)
        on_epoch(progress)
    _set_normalization(network, is_trainable=True)
    return network


def _copy(network: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def _set_normalization(network: keras.Model, *, is_trainable: bool) -> None:
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = is_trainable


def _is_in(variable: keras.Variable, others: list[keras.Variable]) -> bool:
    return any(variable is other for other in others)


def _keep(variables: list[keras.Variable]) -> bytes:
    """Return the values of weights, of the optimizer and of random generators."""
    file = io.BytesIO()
    np.savez_compressed(file, *(np.asarray(one) for one in variables))
    return file.getvalue()


def _restore(variables: list[keras.Variable], state: bytes) -> None:
    with np.load(io.BytesIO(state), allow_pickle=False) as arrays:
        for variable, name in zip(variables, arrays.files, strict=True):
            variable.assign(arrays[name])


def _schedule(steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    warmup = steps // 20
    return keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 20, max(steps - warmup, 1), alpha=1e-2, warmup_target=LEARNING_RATE, warmup_steps=warmup
    )


def _with_teacher(network: keras.Model, teacher: keras.Model, seed: int) -> keras.Model:
    """Return a model from bytes, (n, 28, 28), to the logits of both networks for the same augmented image, (n, 22)."""
    images = keras.Input(network.input_shape[1:], dtype="uint8", name="bytes")
    ink = AugmentImages(seed)(images)
    return keras.Model(images, ops.concatenate([network(ink), teacher(ink, training=False)], axis=-1), name="tuning")


def _loss(targets: keras.KerasTensor, outputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return the cross-entropy with targets (n, 12): one-hot labels, and the share that the teacher has in each."""
    labels, share = targets[:, :OUTPUTS], targets[:, OUTPUTS:]
    smooth = labels * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / OUTPUTS
    taught = ops.softmax(outputs[:, OUTPUTS:])
    return ops.categorical_crossentropy(smooth * (1 - share) + taught * share, outputs[:, :OUTPUTS], from_logits=True)


def _order(material: Material, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the places of an epoch's images, those of reviewed ones first, in random order; full batches only."""
    rng = np.random.default_rng([seed, epoch])
    others, reviewed = len(material.others), len(material.reviewed)
    wanted = int(others * REVIEWED_SHARE / (1 - REVIEWED_SHARE))
    times = min(-(-wanted // max(reviewed, 1)), MOST_REPEATED)
    order = np.concatenate([np.tile(np.arange(reviewed), times), reviewed + np.arange(others)])
    order = rng.permutation(order)
    return order[: len(order) // BATCH * BATCH]


def _batches(material: Material, seed: int, epoch: int) -> Iterator[tuple[Bytes, Ink]]:
    """Yield the images of an epoch and their targets, as `_loss` takes them."""
    pool = material.reviewed.joined(material.others)
    share = np.where(np.arange(len(pool)) < len(material.reviewed), 0.0, TEACHER_SHARE).astype(np.float32)
    order = _order(material, seed, epoch)
    for first in range(0, len(order), BATCH):
        chosen = order[first : first + BATCH]
        yield pool.images[chosen], np.concatenate([one_hot(pool.labels[chosen]), share[chosen, None]], axis=1)


def _note(progress: Progress, network: keras.Model, material: Material, loss: float) -> None:
    """Append this epoch's loss, and the accuracy on held-out images, to the curves."""
    found = {name: accuracy(network, labelled) for name, labelled in material.held_out.items() if len(labelled)}
    for name, value in ({"loss": loss} | found).items():
        progress.curves.setdefault(name, []).append(round(value, 5))


def accuracy(network: keras.Model, labelled: LabelledImages) -> float:
    """Return the share of images whose likeliest class is their label."""
    logits = network.predict(labelled.images.astype(np.float32) / 255, batch_size=256, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == labelled.labels))
