/** Sentences that the page holds, translated, as <template data-sentence="name">. No sentence stands in a script. */

/** The sentence of that name with its `{values}` filled in, or null where the page has none. */
export function sentence(name, values = {}) {
  const template = document.querySelector(`template[data-sentence="${CSS.escape(name)}"]`);
  if (!template) return null;
  return template.innerHTML.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** A time in milliseconds as people write it here. */
export function milliseconds(ms) {
  const style = { style: "unit", unit: "millisecond", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(ms);
}

/** A share in [0, 1] as people write it here, rounded down: 99.96% must not read as certainty. */
export function percent(share) {
  const style = { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.floor(share * 1000) / 1000);
}
