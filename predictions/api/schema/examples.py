"""Examples that the schema and the docs page show. Tests check each against the schema."""

from typing import Any

DRAWING = {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}
EXPECTING = {**DRAWING, "expects": {"kind": "digits", "length": 1}}
ONE_DRAWING = {"strokes": [[[140, 40], [140, 240]]], "width": 280, "height": 280, "pen_px": 20}
_PNG = (  # a seven of 28 x 28 pixels
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAATElEQVR42sXSQQoAIAgEQDf6/5ftEJRaSXspL4I6giBUzlHkfbP2hFDWTCJrql2r"
    "K9tLjFnylAlJaSAnLaSkg4z0kJAB3ssIBR/+tgFYGw0526fhPQAAAABJRU5ErkJggg=="
)
IMAGE = {"image": _PNG}
_ID = "5e2f3a10-7c39-4b6f-9d53-0c3f6f0b1a77"
_PATH = f"/api/v1/submissions/{_ID}/"
_COMMON = {
    "id": _ID,
    "url": _PATH,
    "status": "succeeded",
    "source": "api",
    "batch": None,
    "created_at": "2026-11-24T09:00:00.000000Z",
    "finished_at": "2026-11-24T09:00:00.041000Z",
    "expects": None,
    "may_train": False,
    "label": None,
    "error": None,
}
_RESULT = {
    "text": "7",
    "verdict": "digit",
    "confidence": 0.998,
    "digits": [
        {
            "digit": 7,
            "confidence": 0.998,
            "probabilities": [0.0, 0.001, 0.0, 0.0, 0.0, 0.0, 0.0, 0.998, 0.0, 0.001],
            "box": [50, 50, 210, 230],
            "input": "AAAA",
        }
    ],
    "preprocessing": "1",
    "written": "7",
    "symbols": [{"symbol": "7", "confidence": 0.998, "box": [50, 50, 210, 230]}],
    "reasons": [],
    "alternatives": [{"text": "1", "probability": 0.001}],
    "problem": None,
    "model": {"version": "inkling-1", "sha256": "9f2c"},
    "receipt": {
        "runtime": "litert",
        "device": "cpu",
        "worker": "worker-1",
        "batch_size": 1,
        "queued_at": "2026-11-24T09:00:00.000000Z",
        "started_at": "2026-11-24T09:00:00.020000Z",
        "finished_at": "2026-11-24T09:00:00.041000Z",
    },
}
FINISHED: dict[str, Any] = {**_COMMON, "result": _RESULT, "readings": []}
WAITING: dict[str, Any] = {**_COMMON, "status": "queued", "finished_at": None, "result": None, "readings": []}
_QUEUED_JOB = {
    "status": "queued",
    "model": _RESULT["model"],
    "asked_at": "2026-11-24T10:00:00.000000Z",
    "finished_at": None,
    "error": None,
}
_DONE_JOB = {**_QUEUED_JOB, "status": "succeeded", "finished_at": "2026-11-24T10:00:00.090000Z"}
EXPLANATION_QUEUED = {**_QUEUED_JOB, "explanation": None}
EXPLANATION = {
    **_DONE_JOB,
    "explanation": {
        "text": (
            "Looks like a 7, but could be a 1. The ink at the top left points most strongly to 7. "
            "The ink at the bottom points most strongly to 1."
        ),
        "digits": [
            {
                "digit": 7,
                "runner_up": 1,
                "log_odds": 4.2,
                "for_at": "top left",
                "against_at": "bottom",
                "heat": [[0.0, 0.41, 1.7], [0.0, -0.2, 0.0]],
            }
        ],
    },
}
READ_AGAIN_QUEUED = {**_QUEUED_JOB, "model": {"version": "inkling-4", "sha256": "3ab1"}, "reading": None}
READ_AGAIN = {
    **_DONE_JOB,
    "model": READ_AGAIN_QUEUED["model"],
    "reading": {**_RESULT, "model": READ_AGAIN_QUEUED["model"]},
}
_LISTED: dict[str, Any] = {
    **_COMMON,
    "text": "7",
    "verdict": "digit",
    "confidence": 0.998,
    "written": "7",
    "reasons": [],
}
PAGE = {"results": [_LISTED], "next": "/api/v1/submissions/?limit=1&cursor=3q2-7wAAECAwQFBgcICQoLDA0ODxAREi"}
ACCEPTED_BATCH = {
    "batch": "0b7ad1de-56c2-4a43-a0e6-2f6e7c7f1f0e",
    "items": [
        {"id": _ID, "url": _PATH, "status": "queued"},
        {"error": {"code": "unreadable", "message": "This is not a PNG, JPEG or WebP image."}},
    ],
}
QUEUE = {"queued": 3, "running": 8, "oldest_s": 0.4, "errands": 1, "workers": 2, "ahead": None, "is_paused": False}
EXPORT: dict[str, Any] = {
    "id": "0d1f6b0e-35c7-4c50-8a0c-4d0a8c1f6f52",
    "url": "/api/v1/exports/0d1f6b0e-35c7-4c50-8a0c-4d0a8c1f6f52/",
    "file": "/api/v1/exports/0d1f6b0e-35c7-4c50-8a0c-4d0a8c1f6f52/file",
    "format": "csv",
    "status": "succeeded",
    "sheet": None,
    "total": 1200,
    "done": 1200,
    "bytes": 214312,
    "created_at": "2026-11-24T09:00:00.000000Z",
    "finished_at": "2026-11-24T09:00:01.300000Z",
    "expires_at": "2026-11-25T09:00:01.300000Z",
    "error": None,
}
_UNWRITTEN = {"file": None, "status": "queued", "done": 0, "bytes": 0, "finished_at": None, "expires_at": None}
EXPORT_QUEUED = {**EXPORT, **_UNWRITTEN}
