/** Messages that the page holds, translated, as <template data-message-for="name">. Scripts contain no text of their own. */

/** The message of that name with its `{values}` filled in, or null if the page has none. */
export function message(name, values = {}) {
  const template = document.querySelector(`template[data-message-for="${CSS.escape(name)}"]`);
  if (!template) return null;
  return template.content.textContent.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** A number with its article, as in "an 8". services/formatting.py has the same rule. */
export function numberWithArticle(text) {
  const isAn = text.startsWith("8") || ([2, 5].includes(text.length) && /^1[18]/.test(text));
  return message(isAn ? "an_number" : "a_number", { text });
}

/** A duration in milliseconds, formatted for the page's language. */
export function milliseconds(ms) {
  const style = { style: "unit", unit: "millisecond", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(ms);
}

/** A rough duration in seconds, in words of the page's language: "12 seconds", "3 minutes". */
export function duration(seconds) {
  const [value, unit] = seconds < 90 ? [seconds, "second"] : [seconds / 60, "minute"];
  const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.max(1, Math.ceil(value)));
}

/** A share in [0, 1] as a percentage in the page's language, rounded down: 99.96% must not look certain. */
export function percent(share) {
  const style = { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.floor(share * 1000) / 1000);
}
