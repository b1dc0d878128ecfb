"""FastAPI under uvicorn, with inference inside the request; stores nothing."""

from fastapi import FastAPI, Request

from bench.peers.shared_reader import load_reader, read_pictures

app, reader = FastAPI(), load_reader("litert")


@app.get("/health")
def health() -> str:
    """Say that this process is up."""
    return "ok"


@app.post("/read")
async def read(request: Request) -> dict[str, object]:
    """Read a PNG on the event loop: with a process a core, handing it to a thread only costs more."""
    [answer] = read_pictures(reader, [await request.body()])
    return answer
