import { h, plural } from "./dom.js";
import { capitalized, colorOf, describePrediction, displayOrder, percent } from "./emotions.js";
import { settings } from "./settings.js";

export const kMinPhotos = 3; // from this number on, the page shows a grid

const kThumbnailSide = 320; // pixels; twice the size on the page, for high-density screens

const kOtherGroups = { uncertain: "Uncertain", "no-face": "No face", error: "Error" };

const kOrders = {
  added: ["Last added", () => 0],
  name: ["Name", (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })],
  emotion: ["Expression", (a, b) => rankOf(a) - rankOf(b) || confidenceOf(b) - confidenceOf(a)],
  confidence: ["Least confident", (a, b) => confidenceOf(a) - confidenceOf(b)],
};

const predictions = (card) => card.faces.map((face) => ({ ...describePrediction(face, settings.threshold), emotion: face.emotion }));

/** The filters that include a photo: labels of its faces, or one of kOtherGroups. */
function groupsOf(card) {
  if (card.error) return ["error"];
  if (card.faces.length === 0) return ["no-face"];
  return [...new Set(predictions(card).map(({ uncertain, emotion }) => (uncertain ? "uncertain" : emotion)))];
}

const kLast = 99; // photos without a face come last
const rankOf = (card) => (card.faces.length > 0 ? displayOrder([card.faces[0].emotion, ...(card.result.labels ?? [])]).indexOf(card.faces[0].emotion) : kLast);
const confidenceOf = (card) => (card.faces.length > 0 ? Math.min(...card.faces.map((face) => face.confidence)) : kLast);

/** "24 photos · 61 faces · 61% happy · 9 uncertain". */
export function summarize(cards) {
  const all = cards.flatMap(predictions);
  const certain = all.filter(({ uncertain }) => !uncertain);
  const parts = [plural(cards.length, "photo"), plural(all.length, "face")];
  const counts = new Map();
  for (const { emotion } of certain) counts.set(emotion, (counts.get(emotion) ?? 0) + 1);
  const [label, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (label) parts.push(`${percent(count / all.length)} ${label}`);
  if (certain.length < all.length) parts.push(`${all.length - certain.length} uncertain`);
  const of = (group) => cards.filter((card) => groupsOf(card)[0] === group && card.done).length;
  if (of("no-face") > 0) parts.push(`${of("no-face")} without a face`);
  if (of("error") > 0) parts.push(plural(of("error"), "error"));
  return parts.join(" · ");
}

/** A grid of thumbnails with a summary, filters and an order. Shows one photo's card at a time, in `list`. */
export class Gallery {
  #cards = [];
  #thumbnails = new Map(); // card → {item, button, canvas, tags}
  #filter = null;
  #open = null;
  #list;
  #summary = h("p.gallery-summary");
  #filters = h("div.chips", { role: "group", ariaLabel: "Filter" });
  #order = h("select", { id: "photo-order" }, ...Object.entries(kOrders).map(([value, [text]]) => h("option", { value }, text)));
  #grid = h("ol.thumbnails", { ariaLabel: "Thumbnails" });

  constructor(list) {
    this.#list = list;
    this.#order.addEventListener("change", () => this.#arrange());
    const order = h("label.inline", { htmlFor: "photo-order" }, h("span", {}, "Order"), this.#order);
    const controls = h("div.gallery-controls", {}, this.#filters, order);
    this.element = h("section.gallery", { hidden: true, ariaLabel: "Overview" }, this.#summary, controls, this.#grid);
  }

  /** Shows the current results of these photos. */
  update(cards) {
    this.#cards = cards;
    const shown = cards.length >= kMinPhotos;
    this.element.hidden = !shown;
    this.#list.classList.toggle("one-at-a-time", shown);
    for (const card of this.#thumbnails.keys()) if (!cards.includes(card)) this.#forget(card);
    if (!shown) return;
    this.#summary.textContent = summarize(cards);
    for (const card of cards) this.#updateThumbnail(card);
    this.#updateFilters();
    this.#arrange();
  }

  /** Moves the focus to a photo's thumbnail, or to the first one. False if there is no grid. */
  focus(card) {
    if (this.element.hidden) return false;
    const { item, button } = this.#thumbnails.get(card) ?? {};
    (item?.isConnected ? button : this.#grid.querySelector("button") ?? this.#order).focus();
    return true;
  }

  #forget(card) {
    this.#thumbnails.get(card).item.remove();
    this.#thumbnails.delete(card);
    if (this.#open === card) this.#open = null;
  }

  #updateThumbnail(card) {
    if (!this.#thumbnails.has(card)) {
      const canvas = h("canvas", { width: 1, height: 1, ariaHidden: "true" });
      const tags = h("span.thumbnail-tags");
      const button = h("button.thumbnail", { type: "button", onclick: () => this.#toggle(card), title: card.name }, canvas, tags);
      this.#thumbnails.set(card, { item: h("li", {}, button), button, canvas, tags });
    }
    const { button, canvas, tags } = this.#thumbnails.get(card);
    if (canvas.width === 1 && card.image) drawThumbnail(canvas, card.image);
    const found = predictions(card).map(({ color, short }) => ({ color, text: short }));
    const state = card.error ? "Error" : card.done ? "No face" : "…";
    const shown = found.length > 0 ? found.slice(0, 2) : [{ color: "transparent", text: state }];
    if (found.length > 2) shown.push({ color: "transparent", text: `+${found.length - 2}` });
    tags.replaceChildren(...shown.map(({ color, text }) => {
      const tag = h("span", {}, text);
      tag.style.setProperty("--c", color);
      return tag;
    }));
    button.ariaLabel = `${card.name}: ${found.map(({ text }) => text).join(", ") || state}`;
  }

  #updateFilters() {
    const counts = new Map();
    for (const card of this.#cards) {
      if (card.done) for (const group of groupsOf(card)) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    if (!counts.has(this.#filter)) this.#filter = null;
    const labels = displayOrder([...counts.keys()].filter((group) => !(group in kOtherGroups)));
    const groups = [...labels, ...Object.keys(kOtherGroups).filter((group) => counts.has(group))];
    const chip = (group, text, color) => {
      const select = () => ((this.#filter = group), this.#updateFilters(), this.#arrange());
      const button = h("button.chip", { type: "button", onclick: select, ariaPressed: String(this.#filter === group) }, text);
      if (color) button.style.setProperty("--c", color);
      return button;
    };
    const focused = [...this.#filters.children].indexOf(document.activeElement);
    this.#filters.replaceChildren(
      chip(null, `All ${this.#cards.length}`),
      ...groups.map((group) => chip(group, `${kOtherGroups[group] ?? capitalized(group)} ${counts.get(group)}`, group in kOtherGroups ? "" : colorOf(group))));
    this.#filters.children[focused]?.focus();
  }

  #arrange() {
    const [, compare] = kOrders[this.#order.value];
    const shown = this.#cards.filter((card) => this.#filter === null || (card.done && groupsOf(card).includes(this.#filter)));
    const items = [...shown].sort(compare).map((card) => this.#thumbnails.get(card).item);
    const changed = items.length !== this.#grid.children.length || items.some((item, i) => item !== this.#grid.children[i]);
    if (changed) this.#grid.replaceChildren(...items);
    this.#showOpen();
  }

  #toggle(card) {
    this.#open = this.#open === card ? null : card;
    this.#showOpen();
    this.#open?.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  #showOpen() {
    for (const [card, { button }] of this.#thumbnails) {
      card.element.classList.toggle("open", card === this.#open);
      button.ariaExpanded = String(card === this.#open);
    }
  }
}

/** Fills the square with the middle of the image. */
function drawThumbnail(canvas, image) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const side = Math.min(width, height);
  canvas.width = canvas.height = kThumbnailSide;
  const context = canvas.getContext("2d");
  context.drawImage(image, (width - side) / 2, (height - side) / 2, side, side, 0, 0, kThumbnailSide, kThumbnailSide);
}
