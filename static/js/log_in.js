/** The pages of the log-in and the sign-up: say which drawings on this device the log-in of another user deletes. */

import { message } from "inkling/messages";
import { countOfUsers, isAnythingKept } from "inkling/outbox";

const place = document.querySelector("[data-kept-by-others]");

const count = isAnythingKept() ? await countOfUsers().catch(() => 0) : 0;
if (count) place.textContent = message(count === 1 ? "kept_by_others_one" : "kept_by_others_many", { count });
place.hidden = !count;
