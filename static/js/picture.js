/** One picture in the paper's place: cropped and turned, sent, and shown with the boxes of what was read. */

import { finished, Refusal } from "inkling/api";
import { showBoxes } from "inkling/boxes";
import { newId } from "inkling/ink";
import { Crop } from "inkling/picture_crop";
import { refusalFor } from "inkling/picture_file";
import { headForPictures } from "inkling/picture_heading";
import { PictureImage } from "inkling/picture_image";
import { askBeforeLeaving, askOrAwaitReturn } from "inkling/picture_waiting";
import { sentenceFor } from "inkling/pictures";
import { upload } from "inkling/upload";

const WAIT_S = 3; // how long the server may hold a response

export class PictureView {
  #section;
  #page;
  #url;
  #crop;
  #expects;
  #image = null; // null if this browser cannot decode the file
  #file;
  #source;
  #state;
  #canvas = newId(); // one picture is one item, however often it is cropped
  #keys = new Map(); // the Idempotency-Key of each way to send it
  #sent = null; // the `edges`, and the `size` in pixels, of what was sent last
  #isSentShown = false;
  #attempt = 0;
  #closing = new AbortController();

  /** `root` holds the [data-picture] section and the [data-expects] choice; `page` as in js/pictures.js. */
  constructor(root, page) {
    const { signal } = this.#closing;
    this.#page = page;
    this.#url = root.dataset.submitUrl;
    this.#section = root.querySelector("[data-picture]");
    this.#expects = root.querySelector("[data-expects]");
    this.#crop = new Crop(this.#part("crop"), signal);
    const actions = {
      send: () => this.#send(),
      turn: () => this.#turn(),
      again: () => this.#prepare(),
      cancel: () => this.#cancel(),
      leave: page.leave,
    };
    for (const [name, act] of Object.entries(actions)) this.#part(name).addEventListener("click", act, { signal });
    this.#section.addEventListener("keydown", (event) => this.#press(event), { signal });
    askBeforeLeaving(() => this.#isUnsent, signal);
    headForPictures(signal);
  }

  get #isUnsent() {
    return this.#state === "sending" || !(this.#sent || this.#state === "refused");
  }

  /** Shows the first of `files`, ready to be cropped, or by its name if this browser cannot show it. */
  async open([file], source) {
    this.#file = file;
    this.#source = source;
    this.#part("name").textContent = file.name;
    this.#part("expects").append(this.#expects.parentElement);
    this.#page.view.wait("picture_opening");
    this.#show("opening");
    this.focus();
    const image = await PictureImage.open(file);
    const refusal = image ? null : await refusalFor(file);
    if (this.#closing.signal.aborted) return image?.close();
    this.#image = image;
    this.#crop.reset();
    return refusal ? this.#refuse(refusal) : this.#prepare();
  }

  /** Makes room for the paper, or for another picture. */
  close() {
    this.#closing.abort();
    this.#section.closest("[data-draw]").querySelector(".submit").append(this.#expects.parentElement);
    this.#image?.close();
    this.#section.hidden = true;
    showBoxes(this.#section, [0, 0, 1, 1], []);
  }

  /** Shows where in the picture the symbols of a number stand. */
  showBoxes(symbols, place) {
    if (!this.#sent || !this.#image) return;
    if (symbols.length && !this.#isSentShown) this.#showSent(); // it failed first, and was tried again
    showBoxes(this.#section, [0, 0, ...this.#sent.size], symbols.length > 1 ? symbols : [], place);
  }

  focus() {
    this.#section.focus({ preventScroll: true });
  }

  /** `state`: opening, refused (before it is sent), crop, sending, waiting (for the reading) or read. */
  #show(state) {
    const isCropping = state === "crop";
    this.#state = state;
    this.#section.hidden = false;
    this.#part("paper").hidden = !this.#image;
    this.#part("name").hidden = !!this.#image;
    this.#crop.isShown = isCropping;
    this.#part("upload").hidden = state !== "sending";
    for (const name of ["send", "expects"]) this.#part(name).hidden = !isCropping;
    for (const name of ["turn", "help"]) this.#part(name).hidden = !isCropping || !this.#image;
    this.#part("again").hidden = state !== "read" || !this.#image;
    this.#part("another").hidden = !isCropping && state !== "read" && state !== "refused";
    this.#part("leave").hidden = state === "sending";
  }

  #refuse(refusal) {
    this.#page.view.refuse(new Refusal("picture", sentenceFor(refusal)));
    this.#show("refused");
    this.#part("another").focus({ preventScroll: true });
  }

  /** Shows all of the picture, to be cropped and sent. */
  #prepare() {
    this.#attempt++;
    this.#page.stop();
    this.#page.view.wait(this.#image ? "picture_ready" : "picture_undecoded");
    this.#showCrop();
  }

  #showCrop() {
    this.#isSentShown = false;
    this.#paint();
    this.#show("crop");
    this.#part("send").focus({ preventScroll: true });
  }

  /** Shows what of the picture was sent. */
  #showSent() {
    this.#isSentShown = true;
    this.#paint(this.#sent.edges);
    this.#show("read");
  }

  #paint(edges) {
    if (!this.#image) return;
    const canvas = this.#part("canvas");
    this.#image.paint(canvas, edges);
    this.#part("paper").style.setProperty("--paper-ratio", canvas.width / canvas.height);
  }

  #turn() {
    this.#image.turns = (this.#image.turns + 1) % 4;
    this.#crop.turn();
    this.#paint();
  }

  async #send() {
    const attempt = ++this.#attempt;
    this.#part("progress").value = 0;
    this.#show("sending");
    this.#page.view.wait("picture_sending");
    this.#part("cancel").focus({ preventScroll: true });
    const sayReturn = () => attempt === this.#attempt && this.#page.view.wait("picture_online");
    const { signal } = this.#closing;
    await this.#page.read((options) => askOrAwaitReturn(() => this.#submit(options), sayReturn, signal));
    if (attempt === this.#attempt && this.#state !== "read" && !this.#closing.signal.aborted) this.#showCrop();
  }

  async #submit({ csrfToken, signal, onWait }) {
    const since = performance.now();
    const { edges } = this.#crop;
    const { blob, size } = await this.#encode(edges);
    const form = new FormData();
    const fields = { canvas: this.#canvas, source: this.#source, expects: this.#expects.value };
    for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
    form.append("image", blob, "picture");
    const key = this.#key(JSON.stringify([edges, this.#image?.turns, fields.expects]));
    const onProgress = (share) => this.#showProgress(share);
    const { status, body } = await upload(this.#url, form, { csrfToken, key, signal, wait_s: WAIT_S, onProgress });
    this.#sent = { edges, size };
    const submission = status === 201 ? body : await finished(body.url, { signal, onWait, since });
    if (submission.status === "succeeded") this.#showSent();
    return submission;
  }

  async #encode(edges) {
    const { limitBytes, limitPixels, limitSide } = this.#section.dataset;
    const [bytes, pixels, side_px] = [limitBytes, limitPixels, limitSide].map(Number);
    let encoded = { blob: this.#file };
    try {
      if (this.#image) encoded = await this.#image.encode(edges, { bytes, pixels, side_px });
    } catch (fault) {
      console.warn(fault); // more pixels than this browser's canvas takes
      throw new Refusal("not_cropped");
    }
    if (encoded.blob.size > bytes) throw new Refusal("too_large");
    return encoded;
  }

  /** The same for the same picture, so that what is sent twice is stored once. */
  #key(content) {
    if (!this.#keys.has(content)) this.#keys.set(content, newId());
    return this.#keys.get(content);
  }

  #showProgress(share) {
    if (this.#state !== "sending") return;
    this.#part("progress").value = share;
    if (share < 1) return;
    this.#page.view.wait("sending");
    if (this.#section.contains(document.activeElement)) this.focus(); // since the button that had it goes
    this.#show("waiting");
  }

  #cancel() {
    this.#prepare();
    this.#page.view.wait("picture_canceled");
  }

  #press(event) {
    const { key, target, altKey, ctrlKey, metaKey, repeat } = event;
    if (altKey || ctrlKey || metaKey || repeat || target.matches("select")) return;
    const isCropping = this.#state === "crop";
    if (key === "Escape") this.#state === "sending" ? this.#cancel() : this.#page.leave();
    else if (key === "Enter" && isCropping && !target.matches("button")) this.#send();
    else if (key.toLowerCase() === "r" && isCropping && this.#image) this.#turn();
    else return;
    event.preventDefault();
  }

  #part(name) {
    return this.#section.querySelector(`[data-picture-${name}]`);
  }
}
