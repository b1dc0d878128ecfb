/** The buttons and keys of the drawing pad. Keys work inside the pad only, and leave the rest of the page alone. */

const KEYS = { enter: "predict", z: "undo", y: "redo", e: "eraser", p: "pen", w: "wide", g: "grid", escape: "clear" };
const WITH_CONTROL = ["undo", "redo"]; // the others are the browser's

export class Tools {
  #pad;
  #actions;

  /** `actions` by the names of the buttons: [data-NAME] inside `pad`. */
  constructor(pad, actions) {
    this.#pad = pad;
    this.#actions = actions;
    for (const name of Object.keys(actions)) this.button(name)?.addEventListener("click", () => this.#act(name));
    pad.addEventListener("keydown", (event) => this.#press(event));
  }

  button(name) {
    return this.#pad.querySelector(`[data-${name}]`);
  }

  /** Enables the buttons, which the page disables until its scripts run. */
  enable() {
    this.#pad.removeAttribute("aria-busy");
    for (const element of this.#pad.querySelectorAll(":disabled")) element.disabled = false;
  }

  /** `states` by name: false for a button that would do nothing. It keeps the focus, which `disabled` would lose. */
  allow(states) {
    for (const [name, isAllowed] of Object.entries(states)) this.button(name).setAttribute("aria-disabled", !isAllowed);
  }

  /** `states` by name: whether a button that stays pressed is. */
  show(states) {
    for (const [name, isPressed] of Object.entries(states)) this.button(name).setAttribute("aria-pressed", isPressed);
  }

  #act(name) {
    if (this.button(name).getAttribute("aria-disabled") !== "true") this.#actions[name]();
  }

  #press(event) {
    const { key, target, altKey, ctrlKey, metaKey, repeat, shiftKey } = event;
    let name = KEYS[key.toLowerCase()];
    if (name === "undo" && shiftKey) name = "redo";
    const isControl = ctrlKey || metaKey;
    const isOwn = target.matches("select, input") || (key === "Enter" && target.matches("button"));
    if (!name || isOwn || altKey || (isControl && !WITH_CONTROL.includes(name))) return;
    if (repeat && !WITH_CONTROL.includes(name)) return;
    event.preventDefault();
    this.#act(name);
  }
}
