"""A TCP proxy that simulates network faults, without packet filters or root."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from enum import Enum
from typing import Any

CHUNK_BYTES = 65_536
DELAY_S = 0.3
NARROW_BYTES_PER_S = 20_000


class State(Enum):
    """The state of the network."""

    OPEN = "open"
    CUT = "cut"  # connections break, new ones are refused after the handshake
    SILENT = "silent"  # nothing gets through, connections stay open
    SLOW = "slow"  # each chunk arrives DELAY_S later
    NARROW = "narrow"  # NARROW_BYTES_PER_S


Writers = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


class Proxy:
    """A proxy at `port` on loopback for `target`: the path of a Unix socket, or a port."""

    def __init__(self, target: str | int) -> None:
        self.target = target
        self.state = State.OPEN
        self._pairs: set[Writers] = set()
        self._forgotten: set[Writers] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def set(self, state: State) -> None:
        """Change the state of the network; opening it delivers what was held back."""
        self.state = state
        if state is State.CUT:
            self.reset()

    def reset(self) -> None:
        """Abort every connection."""
        self._do(self._reset())

    def forget(self) -> None:
        """Leave every connection half-open: abort the server's side without telling the client."""
        self._do(self._forget())

    def close(self) -> None:
        """Close the proxy and its connections."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        await self._reset()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reset(self) -> None:
        for pair in [*self._pairs, *self._forgotten]:
            for writer in pair:
                writer.transport.abort()
        self._forgotten.clear()

    async def _forget(self) -> None:
        for pair in list(self._pairs):
            self._forgotten.add(pair)
            pair[1].transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            if self.state is State.CUT:
                writer.transport.abort()
                return
            try:
                upstream = await self._upstream()
            except OSError:  # no server: show it to the client
                writer.transport.abort()
                raise
            pair = (writer, upstream[1])
            self._pairs.add(pair)
            try:
                ways = [(reader, pair[1]), (upstream[0], writer)]
                pumps = [asyncio.ensure_future(self._pump(source, sink)) for source, sink in ways]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
            finally:
                self._pairs.discard(pair)
                if pair not in self._forgotten:
                    for side in pair:
                        side.close()

    async def _upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, int):
            return await asyncio.open_connection("127.0.0.1", self.target)
        return await asyncio.open_unix_connection(self.target)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(CHUNK_BYTES):
                while self.state is State.SILENT:
                    await asyncio.sleep(0.05)
                if self.state is State.SLOW:
                    await asyncio.sleep(DELAY_S)
                if self.state is State.NARROW:
                    await asyncio.sleep(len(chunk) / NARROW_BYTES_PER_S)
                sink.write(chunk)
                await sink.drain()
