"""Run the pages of sheets: one at a time, in stages of a second at most, and never before people's drawings."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from django.db import DatabaseError

from ml.decoding.process import DecoderKilled
from ml.sheets.files import PDF, ProtectedPDF, TooLarge, TooManyPages, UnreadableImage
from predictions import claims, fairness, lifecycle
from predictions.claims import Batch, Interrupted
from predictions.models import ErrorCode, SheetPage
from predictions.worker import recognize
from predictions.worker.jobs import recognize_interactive
from predictions.worker.sheets import settling
from predictions.worker.sheets.looking import PageRefused, TooManyWait, look
from predictions.worker.sheets.storing import LostClaim, SheetGone, refuse, split, store
from predictions.worker.sheets.tools import Tools, load_tools
from predictions.worker.watchdog import leased, watched

T = TypeVar("T")

DRAWINGS_EVERY_S = 0.05  # while a file is decoded: how often interactive drawings are looked for
REFUSALS: dict[type[Exception], ErrorCode] = {
    TooManyPages: ErrorCode.TOO_MANY_PAGES,
    ProtectedPDF: ErrorCode.PROTECTED,
    UnreadableImage: ErrorCode.BAD_FILE,
    TooLarge: ErrorCode.TOO_LARGE,
}

logger = logging.getLogger(__name__)


def run_next(tools: Tools | None = None) -> bool:
    """Cut and queue the first waiting page, or else settle a sheet; return True if there was any.

    One query while all sheets are settled. Interactive submissions go first, and between the stages of a page.

    tools: what looks at photographs; None for that of `ml.sheets`.
    """
    if not settling.has_unsettled():
        return False
    if claims.is_page_waiting():
        if recognize_interactive() and fairness.is_interactive_waiting():
            return True
        try:
            with claims.claimed_page() as rows:
                return any(_run(row, rows, tools or load_tools()) for row in rows)
        except Interrupted:
            return False
    with recognize.network_lock, watched():
        return settling.settle_next()


def _run(page: SheetPage, rows: Batch[SheetPage], tools: Tools) -> bool:
    """Deal with a claimed page; False if it was left to others or goes back."""
    try:
        with leased(rows):
            _cut(page, tools)
    except PageRefused as refused:
        return refuse(page, refused)
    except tuple(REFUSALS) as error:
        code = next(code for kind, code in REFUSALS.items() if isinstance(error, kind))
        return refuse(page, PageRefused(code))
    except TooManyWait:
        lifecycle.postpone_page(page)
    except SheetGone:
        lifecycle.cancel(rows.claimed)
    except LostClaim:
        logger.info("page %s was removed, or another worker has it", page.pk)
    except DatabaseError:
        raise
    except DecoderKilled:
        logger.warning("the decoder of page %s was killed from outside", page.pk)
    except Exception:  # logged; the page returns to the queue with its attempt counted
        logger.exception("page %s failed", page.pk)
    else:
        return True
    return False


def _cut(page: SheetPage, tools: Tools) -> None:
    """Cut a page and store its cells, or split a PDF."""
    data = bytes(page.file.data or b"")
    if page.file.content_type == PDF:
        split(page, _decode(tools.open_pdf, data))
        return
    looked = look(page, _decode(tools.open_image, data), tools, _stage)
    with _stage():
        store(page, looked, lambda stored: looked.table is not None and tools.is_same_form(stored, looked.table))


def _decode(decode: Callable[[bytes], T], data: bytes) -> T:
    """Return what `decode` makes of a file, and read the interactive drawings that arrive meanwhile.

    It waits up to 15 s for a process of its own, whose limits end it: it needs neither the network nor the watchdog.
    """
    recognize_interactive()
    with ThreadPoolExecutor(1, "decoding") as pool:
        decoding = pool.submit(decode, data)
        while not wait([decoding], DRAWINGS_EVERY_S).done:
            recognize_interactive()
    return decoding.result()


@contextmanager
def _stage() -> Iterator[None]:
    """Run a stage under the watchdog, after the interactive submissions that arrived during the last one."""
    recognize_interactive()
    with recognize.network_lock, watched():  # whose holder alone may use the watchdog
        yield
