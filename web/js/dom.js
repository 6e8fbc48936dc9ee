/**
 * Makes an element: h("button.primary", {type: "button", onclick: f}, "Text", child …). Properties of the element are set as
 * such, everything else (aria-…, role, for) as an attribute.
 */
export function h(spec, properties = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const byId = (id) => document.getElementById(id);

export const plural = (count, one, many = one + "s") => `${count} ${count === 1 ? one : many}`;

/** Tells screen readers; the last message wins. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Tells everybody, above what the tab shows, until the next message; an empty one takes it away. */
export function notify(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = text === "";
  if (text !== "") announce(text);
}

/** Hides a control and shows the one that takes its place, which also takes over the focus. */
export function giveWay(control, next) {
  next.hidden = false;
  if (document.activeElement === control) next.focus();
  control.hidden = true;
}

/** 75.4 → "1:15" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Sizes a canvas to its box on the screen; returns the context, its units CSS pixels. */
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
