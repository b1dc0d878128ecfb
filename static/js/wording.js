/** What the page says about a reading, in words. */

import { message, numberWithArticle, percent } from "inkling/messages";
import { ranked } from "inkling/symbols";

const CERTAIN = 0.99;
const LIKELY = 0.9;
const WORTH_SAYING = 0.005; // the probability of a runner-up
const WORTH_SHOWING = 0.01; // the probability of an alternative to a sure reading
const MOST_ALTERNATIVES = 4;
export const UNSAYABLE = /[?#]/g; // neither other ink nor crossed out ink can be said to be right

/** Whether all that is written counts and not the digits alone. `isExpected`: something was expected. */
export function isPlain({ text, written, verdict }, isExpected) {
  return isExpected || verdict !== "unsure" || !written || written === text;
}

/** The reading as people see it. */
export function shownText(result, isExpected) {
  return isPlain(result, isExpected) ? result.text : result.written;
}

/** The sentences about a reading: its `headline`, in which `{text}` stands for what was read, and a `hint`. */
export function wordsFor(result, isExpected) {
  const { verdict, confidence, text } = result;
  if (verdict === "not_a_digit") return { headline: message("not_a_digit"), hint: advice("not_a_digit_hint") };
  if (verdict === "unsure") {
    const headline = message(isPlain(result, isExpected) ? "unsure" : "not_plain");
    return { headline, hint: explain(result)[0] ?? advice("unsure_hint") };
  }
  const name = confidence >= CERTAIN ? "certain" : confidence >= LIKELY ? "likely" : "probable";
  const sure = message(name, { percent: percent(confidence) });
  return { headline: message("read_as", { text: "{text}" }), hint: `${sure} ${runnerUp(result, text)}` };
}

/** The runner-up of a reading, as a sentence. */
function runnerUp({ digits, alternatives }, text) {
  let [other, share] = ["", 0];
  if (text.length === 1 && digits.length === 1) {
    const [, second] = ranked(digits[0]);
    [other, share] = [String(second.digit), second.share];
  } else {
    const found = alternatives.find((one) => one.text && one.text !== text);
    if (found) [other, share] = [found.text, found.probability];
  }
  if (share < WORTH_SAYING) return message("no_runner_up");
  return message("runner_up", { number: numberWithArticle(other), percent: percent(share) });
}

/** A sentence for each reason and for the problem, each with what to try, and what else is written. */
export function reasonsFor(result, isExpected) {
  const { text, written, verdict } = result;
  const sentences = explain(result);
  const isOther = isPlain(result, isExpected) && verdict !== "not_a_digit" && written && written !== text;
  if (isOther) sentences.push(message("written", { written }));
  if (!isPlain(result, isExpected) && text) sentences.push(message("digits_alone", { text }));
  return sentences;
}

function explain({ reasons, problem, verdict }) {
  const isTold = (code) => // already: by the problem, or by the verdict that there is no digit at all
    (problem && code === "unexpected") || (verdict === "not_a_digit" && code === "other_ink");
  const codes = reasons.map(({ code }) => code).filter((code) => !isTold(code));
  const known = (code) => (message(`reason_${code}`) ? code : "unclear");
  const sentences = codes.map((code) => `${message(`reason_${known(code)}`)} ${advice(`advice_${known(code)}`)}`);
  if (problem) sentences.unshift(message(`problem_${problem.code}`) ?? problem.message);
  return sentences;
}

/** What to try, in words for pictures while one is shown. */
function advice(name) {
  const picture = document.querySelector("[data-picture]:not([hidden])");
  return (picture && message(`picture_${name}`)) ?? message(name);
}

/** Other texts that may be right, the likeliest first, each with its `probability`. */
export function alternativesTo(shown, { verdict, alternatives }) {
  const canBeSaid = ({ text }) => text && text !== shown && text.search(UNSAYABLE) < 0;
  const isNews = ({ text }) => shown.length !== 1 || text.length !== 1; // for a digit, the ten bars tell
  const isLikely = ({ probability }) => verdict !== "digit" || probability >= WORTH_SHOWING;
  return alternatives.filter((one) => canBeSaid(one) && isNews(one) && isLikely(one)).slice(0, MOST_ALTERNATIVES);
}
