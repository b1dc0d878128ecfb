/** Takes pictures: chosen, by camera, dropped onto the page or pasted. What shows them is loaded with the first. */

import { Refusal } from "inkling/api";
import { message } from "inkling/messages";

const OTHER_FORMAT = /^This is an? (.+?)(?: image)?, which can't be read/; // as the API says it

export class Pictures {
  #root;
  #page;
  #shown = null;
  #turn = 0; // changes with each picture, so that of two that load the last is shown

  /**
   * `root` has buttons and inputs for pictures, unless a guest draws. `page` has the `view` of the reading,
   * `read(ask)`, `stop()` for what is being read, and `enter()` and `leave()` for a picture in the paper's place.
   */
  constructor(root, page) {
    this.#root = root;
    this.#page = page;
    const inputs = root.querySelectorAll("[data-picture-input]");
    for (const input of inputs) this.#listenTo(input);
    if (!inputs.length) return;
    document.addEventListener("paste", (event) => this.#paste(event));
    document.addEventListener("dragover", (event) => this.#drag(event));
    document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? this.#mark(false));
    document.addEventListener("drop", (event) => this.#drop(event));
  }

  /** The picture, or the batch of pictures, in the paper's place; null while people draw. */
  get shown() {
    return this.#shown;
  }

  /** The refusal as it is to be shown: in words for pictures while one is shown. */
  reword(refusal) {
    if (!this.#shown) return refusal;
    return new Refusal("picture", sentenceFor(refusal, this.#shown.kind), refusal.retryAfter_s);
  }

  #listenTo(input) {
    const source = input.dataset.pictureInput;
    for (const button of this.#root.querySelectorAll(`[data-pick="${source}"]`)) {
      button.addEventListener("click", () => input.click());
    }
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = ""; // or the same file could not be chosen again
      this.#take(files, source);
    });
  }

  #paste(event) {
    const { files: pasted = [], types = [] } = event.clipboardData ?? {};
    const files = [...pasted];
    const isText = event.target.closest?.("input") && types.includes("text/plain"); // a cell of a table has both
    if (!files.length || isText) return;
    event.preventDefault();
    this.#take(files, "paste");
  }

  #drag(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // or the browser would open the file
    event.dataTransfer.dropEffect = "copy";
    this.#mark(true);
  }

  #drop(event) {
    this.#mark(false);
    const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
    if (!items.length) return;
    event.preventDefault();
    const isFile = (item) => !item.webkitGetAsEntry?.()?.isDirectory;
    this.#take(items.filter(isFile).map((item) => item.getAsFile()), "upload");
  }

  #mark(isDropping) {
    this.#root.toggleAttribute("data-dropping", isDropping);
  }

  async #take(files, source) {
    if (!files.length || this.#shown?.takes?.(files)) return;
    const turn = ++this.#turn;
    try {
      const Shown = await this.#load(files.length > 1);
      if (turn !== this.#turn) return;
      this.#close();
      this.#page.enter();
      this.#shown = new Shown(this.#root, { ...this.#page, leave: () => this.#leave() });
      await this.#shown.open(files, source);
    } catch (fault) {
      console.error(fault); // offline, or a bug
      this.#page.view.refuse(new Refusal("picture_not_loaded"));
    }
  }

  async #load(areSeveral) {
    const styles = loadStyles(this.#root.querySelector("[data-picture]").dataset.css);
    const [loaded] = await Promise.all([areSeveral ? import("inkling/picture_batch") : import("inkling/picture"), styles]);
    return areSeveral ? loaded.PictureBatch : loaded.PictureView;
  }

  #close() {
    this.#shown?.close();
    this.#shown = null;
  }

  #leave() {
    this.#turn++;
    this.#close();
    this.#page.leave();
  }
}

/** Why a picture was refused or not read, as a sentence for people. `kind`: "batch" if several were sent. */
export function sentenceFor({ code, message: text }, kind = "picture") {
  const format = code === "unreadable" && OTHER_FORMAT.exec(text)?.[1];
  if (format) return message("picture_format", { format });
  return message(`${kind}_${code}`) ?? message(`picture_${code}`) ?? message(code) ?? (text || message("picture_server_error"));
}

function loadStyles(href) {
  if (document.querySelector(`link[href="${CSS.escape(href)}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => (link.remove(), reject(new Error("no styles"))));
    document.head.append(link);
  });
}
