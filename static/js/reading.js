/** A reading on a page: what was read, more about it, boxes on the ink, and what a person says about it. */

import { AnswerView } from "inkling/answer";
import { Corrections } from "inkling/corrections";
import { DetailsView } from "inkling/details";
import { duration, message } from "inkling/messages";
import { ranked, symbolsOf } from "inkling/symbols";
import { alternativesTo, reasonsFor, shownText, UNSAYABLE, wordsFor } from "inkling/wording";

const MOST_GUESSES = 2; // of an unsure digit, as buttons
const NO_PROBLEMS = ["blank", "kept"]; // codes that ask for nothing to be mended

export class ReadingView {
  #answer;
  #details;
  #corrections;
  #review;
  #onChoose;
  #submission = null; // that is shown
  #isShown = false; // whether a reading is, be it of an earlier state of the drawing
  #text = ""; // the reading as people see it
  #said = ""; // what a person says is right; the reading, until they say so
  #symbols = [];

  /**
   * `root` holds a [data-answer] and a [data-details] section. `review(submission, text)`, if given, saves what a
   * person says and resolves to the submission as it then is; text null takes it back. `onChoose(symbols, place)` is
   * called when the symbols, or the chosen one of them, change.
   */
  constructor(root, { review = null, onChoose = () => {} } = {}) {
    this.#review = review;
    this.#onChoose = onChoose;
    const say = (text) => this.#say(text);
    this.#answer = new AnswerView(root.querySelector("[data-answer]"));
    this.#details = new DetailsView(root.querySelector("[data-details]"), { onSay: review && say });
    this.#corrections = new Corrections(root, { onSay: say, onBack: () => this.#back() });
  }

  /** The finished submission that is shown, or null. */
  get submission() {
    return this.#submission;
  }

  clear() {
    this.#forget();
    this.#answer.clear();
  }

  /** Marks what is shown as being of an earlier state of the drawing: it stays until the next reading takes its place. */
  age() {
    if (!this.#isShown) return this.clear();
    this.#submission = null;
    this.#corrections.close();
    this.#answer.isStale = this.#details.isStale = true;
    this.#onChoose([], -1);
  }

  /** Progress, by the message's name, with a `hint` in words. */
  wait(name, values = {}, hint = "") {
    this.#forget();
    this.#answer.wait(message(name, values), hint);
  }

  /**
   * Why there is no reading: the page's message for the code, or else the API's, and when to try again. `onRetry`, if
   * given, tries again then; `onLogIn`, if given, opens the log-in.
   */
  refuse({ code, message: words, retryAfter_s }, { onRetry = null, onLogIn = null } = {}) {
    this.#forget();
    const text = message(code) ?? (words || message("server_error"));
    const hint = retryAfter_s ? message("retry_in", { wait: duration(retryAfter_s) }) : "";
    this.#answer.refuse(text, { isProblem: !NO_PROBLEMS.includes(code), hint });
    const buttons = [];
    if (onRetry) buttons.push({ name: "retry", act: onRetry, in_ms: 1000 * retryAfter_s });
    if (onLogIn) buttons.push({ name: "log_in", act: onLogIn });
    this.#answer.offer(buttons);
  }

  /** Shows a submission that was read, as the API returns it. */
  show(submission) {
    const { result, expects, label } = submission;
    const isExpected = !!expects;
    this.#submission = submission;
    this.#isShown = true;
    this.#text = shownText(result, isExpected);
    this.#said = label?.text || this.#text;
    this.#symbols = withText(symbolsOf(this.#text, result), this.#said);
    this.#corrections.close();
    const words = label ? this.#wordsOnLabel(label) : { text: this.#text, label: "", ...wordsFor(result, isExpected) };
    this.#answer.show({ verdict: result.verdict, ...words });
    this.#details.show({
      reasons: reasonsFor(result, isExpected),
      alternatives: alternativesTo(this.#text, result),
      isSure: result.verdict === "digit",
    });
    const isOpen = !label || (label.text && label.by === "owner"); // to corrections
    if (isOpen) this.#answer.showSymbols(this.#symbols, (place) => this.#choose(place));
    this.#answer.offer(this.#review ? this.#buttons(submission) : []);
    this.#showDigit(this.#symbols.length === 1 ? 0 : -1);
  }

  #forget() {
    this.#submission = null;
    this.#isShown = false;
    this.#corrections.close();
    this.#details.clear();
    this.#onChoose([], -1);
  }

  /** What the answer says once a person has judged the reading. */
  #wordsOnLabel(label) {
    const isRight = label.text === (this.#submission.result.verdict === "not_a_digit" ? "" : this.#text);
    const name = label.by !== "owner" ? "reviewed" : isRight ? "confirmed" : "corrected";
    const hint = isRight ? "" : message(this.#text ? "was_read_as" : "was_not_read", { text: this.#text });
    const headline = label.text ? message(name, { text: "{text}" }) : message(`${name}_not_a_digit`);
    return { headline, hint, text: label.text, label: isRight ? "confirmed" : "corrected" };
  }

  #buttons({ result: { verdict, digits }, label }) {
    const say = (text) => () => this.#say(text);
    const ask = () => this.#ask(-1);
    const yes = { name: "yes", look: "yes", act: say(this.#text) };
    const type = { name: "type_it", act: () => this.#ask(-2) };
    if (label) return label.by === "owner" ? [{ name: "take_back", act: say(null) }] : [];
    if (verdict === "not_a_digit") {
      return [{ name: "yes_not_a_digit", look: "yes", act: say("") }, { name: "it_is_a_digit", act: ask }];
    }
    if (this.#symbols.length > 1) return this.#text.search(UNSAYABLE) < 0 ? [yes, type] : [type];
    if (verdict === "digit" || !digits.length) return [yes, { name: "no", look: "no", act: ask }];
    const guesses = ranked(digits[0]).slice(0, MOST_GUESSES).map(({ digit }) => String(digit));
    return [...guesses.map((text) => ({ name: "guess", values: { text }, act: say(text) })), { name: "another", act: ask }];
  }

  /** Shows more about the symbol at `place`; -1 for none. */
  #showDigit(place) {
    const { digit, symbol } = this.#symbols[place] ?? {};
    const count = this.#symbols.length;
    const title = count > 1 ? message("digit_at", { place: place + 1, count, symbol }) : "";
    this.#answer.choose(place);
    this.#details.showDigit(digit ?? null, title);
    this.#onChoose(this.#symbols, place);
  }

  #choose(place) {
    this.#showDigit(place);
    if (this.#review) this.#ask(place);
  }

  /** Asks what is right: the symbol at `place`, the only digit (-1), or the whole text, typed (-2). */
  #ask(place) {
    this.#answer.isAsking = true;
    if (place === -2) this.#corrections.askForText(this.#said.replace(UNSAYABLE, ""));
    else if (place === -1) this.#corrections.askForDigit(this.#said);
    else this.#corrections.askForSymbol(this.#said, place);
  }

  #back() {
    this.#answer.isAsking = false;
    this.#answer.focusButtons();
  }

  async #say(text) {
    if (text?.search(UNSAYABLE) >= 0) return this.#corrections.askForText(text.replace(UNSAYABLE, ""));
    const asked = this.#submission;
    const saved = await this.#review(asked, text);
    if (this.#submission !== asked) return; // another drawing has begun
    if (saved) this.show(saved);
    this.#corrections.close();
    this.#answer.isAsking = false;
    if (!saved) this.#answer.hint(message("not_saved"));
    this.#answer.focusButtons();
  }
}

/** `symbols` with another text: what is known about them stays, as long as there are as many. */
function withText(symbols, text) {
  const said = [...text];
  if (said.length !== symbols.length) return said.map((symbol) => ({ symbol }));
  const changed = (one, symbol) => ({ ...one, symbol, confidence: undefined });
  return symbols.map((one, i) => (one.symbol === said[i] ? one : changed(one, said[i])));
}
