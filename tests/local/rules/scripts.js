// What each rule of local/audit/rules/scripts.yml must find, and must not.

// ruleid: html-from-text
node.innerHTML = text;
// ruleid: html-from-text
node.insertAdjacentHTML("beforeend", text);
// ruleid: html-from-text
document.write(text);
// ok: html-from-text
node.textContent = text;
// ok: html-from-text
const sentence = template.innerHTML.trim();

// ruleid: code-from-text
eval(text);
// ruleid: code-from-text
const run = new Function("a", text);
// ruleid: code-from-text
setTimeout("run()", 10);
// ruleid: code-from-text
node.setAttribute("onclick", text);
// ok: code-from-text
setTimeout(run, 10);
// ok: code-from-text
node.setAttribute("href", url);
