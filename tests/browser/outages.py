"""Helpers for tests without a connection: what a browser keeps on the device, and faults that belong to an outage."""

from typing import Any

from playwright.sync_api import Page

OUTAGE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
KEPT = """
async () => {
    const databases = await indexedDB.databases();
    if (!databases.some(({name}) => name === "inkling")) return [];
    const database = await new Promise((resolve) => {
        indexedDB.open("inkling").onsuccess = ({target}) => resolve(target.result);
    });
    const kept = await new Promise((resolve) => {
        const store = database.transaction("outbox").objectStore("outbox");
        store.getAll().onsuccess = ({target}) => resolve(target.result);
    });
    database.close();
    return kept;
}
"""
CACHED = """
async () => {
    const found = [];
    for (const name of await caches.keys()) {
        for (const {url} of await (await caches.open(name)).keys()) found.push([name, new URL(url).pathname]);
    }
    return found;
}
"""


class Faults(list[str]):
    """What a console reports, without what an outage alone causes."""

    def append(self, fault: str) -> None:
        if not any(words in fault for words in OUTAGE):
            super().append(fault)


def forgive_outage(faults: list[str]) -> None:
    """Remove what an outage alone has caused; a page may have tried more than once to send what it keeps."""
    faults[:] = [fault for fault in faults if not any(words in fault for words in OUTAGE)]


def kept_on(page: Page) -> list[dict[str, Any]]:
    """Return all that is kept in the browser's database, of everybody."""
    found: list[dict[str, Any]] = page.evaluate(KEPT)
    return found


def cached_in(page: Page) -> list[tuple[str, str]]:
    """Return the name of the cache and the path of everything in the browser's caches."""
    return [(name, path) for name, path in page.evaluate(CACHED)]
