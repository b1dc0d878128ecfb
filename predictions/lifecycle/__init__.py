"""Every transition of a Claimable's status. No other package writes `status`.

    queued ──claimed──> running ──succeed──> succeeded   (final)
      │ ^                │ │ └────fail─────> failed ──retry──> queued
      │ └────put_back────┘ │                   ^
      ├───give_up──────────┼───────────────────┘
      └───cancel───────────┴─────────────────> canceled  (final)

All times are by Postgres' clock.
"""

from predictions.batch_updates import Claimed, FinishedReading
from predictions.lifecycle.candidates import (
    complete_comparison,
    complete_training_run,
    fail_challenger,
    fail_training_run,
    record_comparison,
    release_challenger,
    repair_comparisons,
    stop_challengers,
)
from predictions.lifecycle.claimable import (
    FINISHED_CHANNEL,
    begin,
    cancel,
    delete,
    give_up,
    hopeless,
    lease,
    put_back,
    release,
)
from predictions.lifecycle.exports import complete_export, delete_exports, fail_export
from predictions.lifecycle.sheets import (
    complete_page,
    delete_pages,
    fail_page,
    notify_of_pages,
    notify_sheet,
    postpone_page,
)
from predictions.lifecycle.submissions import (
    RETRYABLE,
    begin_submissions,
    complete_job,
    fail,
    is_groupable,
    is_retryable,
    queue,
    queue_all,
    queue_group,
    retry,
    retry_all,
    succeed,
    succeed_all,
)
from predictions.lifecycle.webhooks import (
    complete_delivery,
    fail_delivery,
    give_up_endpoint,
    postpone_delivery,
    retry_delivery,
)

__all__ = [
    "FINISHED_CHANNEL", "RETRYABLE", "Claimed", "FinishedReading", "begin", "begin_submissions", "cancel",
    "complete_comparison", "complete_delivery", "complete_export", "complete_job", "complete_page",
    "complete_training_run", "delete", "delete_exports", "delete_pages", "fail", "fail_challenger", "fail_delivery",
    "fail_export", "fail_page", "fail_training_run", "give_up", "give_up_endpoint", "hopeless", "is_groupable",
    "is_retryable", "lease", "notify_of_pages", "notify_sheet", "postpone_delivery", "postpone_page", "put_back",
    "queue", "queue_all", "queue_group", "record_comparison", "release", "release_challenger", "repair_comparisons",
    "retry", "retry_all", "retry_delivery", "stop_challengers", "succeed", "succeed_all",
]  # fmt: skip
