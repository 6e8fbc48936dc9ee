/**
 * Creates an element: h("button.primary", {type: "button", onclick: f}, "Text", child …). Sets properties of the element as
 * such, and everything else (aria-…, role, for) as attributes.
 */
export function h(spec, properties = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const byId = (id) => document.getElementById(id);

export const plural = (count, one, many = one + "s") => `${count} ${count === 1 ? one : many}`;

/** Sends a message to screen readers; it replaces the previous one. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Shows a message above the tab's content until the next one; an empty text removes it. */
export function notify(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = text === "";
  if (text !== "") announce(text);
}

/** Hides a control and shows its replacement, which also takes over the focus. */
export function replaceControl(control, replacement) {
  replacement.hidden = false;
  if (document.activeElement === control) replacement.focus();
  control.hidden = true;
}

/** Formats seconds as minutes and seconds: 75.4 → "1:15". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Resizes a canvas to its size on the screen and clears it. Returns its context, in CSS pixels. */
export function prepareCanvas(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return context;
}
