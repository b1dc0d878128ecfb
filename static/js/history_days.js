/** Groups the history by days of the reader's time zone, under one heading a day; the server groups by days of UTC. */

const DAY_MS = 24 * 3600 * 1000;
const HEADING = { weekday: "long", year: "numeric", month: "long", day: "numeric" };

/** The drawings of a page, newest first. */
export function drawingsOf(page) {
  return [...page.querySelectorAll("[data-submission]")];
}

/** Groups all drawings of `days` again, by the reader's own days. */
export function groupByDay(days) {
  const rows = drawingsOf(days);
  const like = days.querySelector("[data-day]");
  days.replaceChildren();
  addByDay(days, rows, like);
}

/** Adds older drawings to `days`, under the heading of their day if it is there already. */
export function addByDay(days, rows, like = days.querySelector("[data-day]")) {
  for (const row of rows) {
    const at = new Date(row.querySelector("time").dateTime);
    const day = isoDay(at);
    const section = days.querySelector(`[data-day="${day}"]`) ?? days.appendChild(sectionOf(day, at, like));
    section.querySelector("ol").append(row);
  }
}

function sectionOf(day, at, like) {
  const section = like.cloneNode(true);
  section.dataset.day = day;
  section.querySelector("[data-day-heading]").textContent = headingOf(at);
  section.querySelector("ol").replaceChildren();
  return section;
}

function isoDay(at) {
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** "Today", "Yesterday", or the date with its weekday, in the page's language. */
function headingOf(at) {
  const { lang } = document.documentElement;
  const ago = Math.round((startOf(new Date()) - startOf(at)) / DAY_MS); // days may have 23 or 25 hours
  if (ago !== 0 && ago !== 1) return new Intl.DateTimeFormat(lang, HEADING).format(at);
  const word = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(-ago, "day");
  return word.charAt(0).toLocaleUpperCase(lang) + word.slice(1);
}

function startOf(at) {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate());
}
