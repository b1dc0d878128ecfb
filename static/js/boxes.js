/** Boxes around the digits and signs that were read, in an SVG with a template for one of them. */

/**
 * Shows `symbols`, each with its `box`, in [data-boxes] inside `root`. `frame` is what the SVG shows of the drawing,
 * [x, y, width, height]; the symbol number `chosen` stands out.
 */
export function showBoxes(root, frame, symbols, chosen = -1) {
  const svg = root.querySelector("[data-boxes]");
  const boxed = symbols.filter(({ box }) => box);
  const text = Math.min(Math.max(frame[2], frame[3]) / 16, ...boxed.map(({ box }) => Math.max(box[2], box[3]) / 3));
  svg.setAttribute("viewBox", frame.join(" "));
  svg.replaceChildren(...boxed.map((one) => mark(root, frame, one, text, one === symbols[chosen])));
}

function mark(root, frame, { symbol, digit, box: [x, y, width, height] }, text, isChosen) {
  const group = root.querySelector("template[data-box]").content.querySelector("g").cloneNode(true);
  const label = group.querySelector("text");
  group.toggleAttribute("data-chosen", isChosen);
  setAll(group.querySelector("rect"), { x, y, width, height });
  setAll(label, { x: x + text * 0.2, y: Math.max(y - text * 0.25, frame[1] + text), "font-size": text });
  label.textContent = symbol ?? digit;
  return group;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
