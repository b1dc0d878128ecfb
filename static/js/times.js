/** Shows times in the reader's time zone and the page's language; the server renders them in UTC. */

const DAY = { year: "numeric", month: "short", day: "numeric" };
const MINUTE = { ...DAY, hour: "numeric", minute: "2-digit" };
const FORMS = { day: DAY, minute: MINUTE, zone: { ...MINUTE, timeZoneName: "short" } };

/** Rewrites every <time data-time="day | minute | zone"> below `root`; its title holds the full form. */
export function localizeTimes(root) {
  const { lang } = document.documentElement;
  const full = new Intl.DateTimeFormat(lang, FORMS.zone);
  for (const element of root.querySelectorAll("time[data-time]")) {
    const at = new Date(element.dateTime);
    element.textContent = new Intl.DateTimeFormat(lang, FORMS[element.dataset.time]).format(at);
    element.title = full.format(at);
  }
}

/** Lets a form filter by days of the reader's time zone, and show its name. */
export function useOwnTimeZone(form) {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  form.elements.zone.value = timeZone;
  for (const place of form.querySelectorAll("[data-zone]")) place.textContent = timeZone;
}
