/**
 * Appends older pages of the history while the reader scrolls, and restores them when they come back.
 *
 * The links stay ordinary ones: without this script, after MOST_PAGES, or when a page cannot be fetched, "Older" leads to
 * the next page. What was appended is kept in the state of the history entry, and so is how far the reader had scrolled.
 */

import { pageAt } from "inkling/api";
import { addByDay, drawingsOf } from "inkling/history_days";
import { message } from "inkling/messages";
import { localizeTimes } from "inkling/times";

const MOST_PAGES = 20; // appended; then the foot of the page can be reached
const AHEAD = "600px 0px"; // a page is fetched before its place is in view
const KEPT_MS = 500; // browsers limit how often a state is replaced

/** Starts appending to `days`; the navigation and what announces are in `root`. Resolves when a place is restored. */
export async function appendPages(root, days) {
  const pages = history.state?.pages ?? [];
  if (pages.length) await restore(root, days, pages, history.state.top);
  keepPlace(pages);
  watch(root, days, pages);
}

async function restore(root, days, pages, top) {
  history.scrollRestoration = "manual"; // the browser would scroll before the pages are there
  const found = await Promise.all(pages.map((url) => pageAt(url))).catch(() => []);
  for (const page of found) append(root, days, page);
  pages.length = found.length;
  if (found.length) scrollTo({ top, behavior: "instant" });
}

/** Puts the drawings of a fetched page under those shown, and its links in the place of theirs; returns how many. */
function append(root, days, page) {
  const shown = new Set(drawingsOf(days).map((row) => row.dataset.submission));
  const rows = drawingsOf(page).filter((row) => !shown.has(row.dataset.submission));
  for (const row of rows) localizeTimes(row);
  addByDay(days, rows);
  linksOf(root).replaceWith(linksOf(page) ?? document.createElement("nav"));
  document.dispatchEvent(new CustomEvent("inkling:appended", { detail: { rows } }));
  return rows.length;
}

function watch(root, days, pages) {
  const observer = new IntersectionObserver(
    async ([{ isIntersecting, target }]) => {
      if (!isIntersecting) return;
      observer.disconnect();
      const page = await pageAt(target.href).catch(() => null);
      if (!page?.querySelector("[data-submission]")) return; // offline or logged out: the link leads there, or says so
      const count = append(root, days, page);
      pages.push(target.href);
      root.querySelector("[data-added]").textContent = message("history_added", { count });
      observeNext();
    },
    { rootMargin: AHEAD },
  );
  const observeNext = () => {
    const next = root.querySelector("[data-pages] [rel=next]");
    if (next && pages.length < MOST_PAGES) observer.observe(next);
  };
  observeNext();
}

/** Keeps the pages and the place in the state of the history entry: while scrolling, and before any link is followed. */
function keepPlace(pages) {
  const keep = () => history.replaceState({ ...history.state, pages, top: scrollY }, "");
  let timer = 0;
  addEventListener("scroll", () => (timer ||= setTimeout(() => ((timer = 0), keep()), KEPT_MS)), { passive: true });
  addEventListener("click", keep, { capture: true });
  addEventListener("pagehide", keep);
}

function linksOf(page) {
  return page.querySelector("[data-pages]");
}
