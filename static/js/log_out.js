/** The page of the log-out: warns of drawings on this device that are not sent yet, and sends them. */

import { message } from "inkling/messages";
import { listKept, onOutboxChange } from "inkling/outbox";
import { sendKept } from "inkling/outbox_sender";

const { user } = document.body.dataset;
const root = document.querySelector("[data-unsent]");
const logOut = document.querySelector("[data-log-out]");
const plainWords = logOut.textContent;
const part = (name) => root.querySelector(`[data-${name}]`);

async function show(name = null) {
  const { length: count } = await listKept(user);
  root.hidden = count === 0 && !name;
  part("send").hidden = count === 0;
  logOut.textContent = count ? logOut.dataset.delete : plainWords;
  logOut.dataset.weight = count ? "danger" : "main";
  const said = [name && message(name), count && message(count === 1 ? "unsent_one" : "unsent_many", { count })];
  part("said").textContent = said.filter(Boolean).join(" ");
}

async function send() {
  part("send").disabled = true;
  try {
    const problem = await sendKept(user, { onSent: () => {} });
    const { length: left } = await listKept(user);
    await show(!left ? "unsent_sent" : problem === "offline" ? "unsent_offline" : "unsent_refused");
  } finally {
    part("send").disabled = false;
  }
}

part("send").addEventListener("click", send);
onOutboxChange((sent) => sent || show());
show();
