/** Changes the colors of the page to the theme that is chosen in its footer, and keeps the choice in a cookie. */

const YEAR_S = 31_536_000;

/** Shows the choice, if the page has one. */
export function offerThemes() {
  const field = document.querySelector("[data-theme-choice]");
  if (!field) return;
  const select = field.querySelector("select");
  field.hidden = false;
  select.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${field.dataset.cookie}=${select.value}; path=/; max-age=${YEAR_S}; samesite=lax${secure}`;
    apply(select);
  });
  addEventListener("pageshow", (event) => { // as the browser kept it, perhaps from before another choice
    if (!event.persisted) return;
    select.value = document.cookie.match(new RegExp(`\\b${field.dataset.cookie}=(\\w+)`))?.[1] ?? select.value;
    apply(select);
  });
}

function apply(select) {
  const [option] = select.selectedOptions;
  document.documentElement.dataset.theme = select.value;
  for (const link of document.querySelectorAll("link[data-colors]")) link.media = option.dataset[link.dataset.colors];
  document.dispatchEvent(new Event("inkling:theme"));
}
