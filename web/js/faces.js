import { h } from "./dom.js";
import { capitalized, colorOf, describePrediction, displayOrder, percent } from "./emotions.js";

const kCropSide = 144; // pixels; twice the size on the page, for high-density screens

/** Draws a face with a small margin into a square canvas. */
export function drawCrop(canvas, source, box) {
  const side = 1.15 * Math.max(box.width, box.height);
  const x = box.x + box.width / 2 - side / 2;
  const y = box.y + box.height / 2 - side / 2;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, x, y, side, side, 0, 0, canvas.width, canvas.height);
}

/** One bar per label. update() changes only what differs, so it is cheap enough to call for every frame. */
class Bars {
  #rows = new Map();

  constructor(labels) {
    this.element = h("ul.bars");
    for (const label of displayOrder(labels)) {
      const fill = h("span.fill");
      const value = h("span.value");
      const row = h("li", {}, h("span.name", {}, capitalized(label)), h("span.track", { ariaHidden: "true" }, fill), value);
      row.style.setProperty("--c", colorOf(label));
      this.#rows.set(label, { row, fill, value });
      this.element.append(row);
    }
  }

  update(probabilities, predicted) {
    for (const [label, { row, fill, value }] of this.#rows) {
      const text = percent(probabilities[label]);
      if (value.textContent !== text) value.textContent = text;
      fill.style.transform = `translateX(${(100 * probabilities[label] - 100).toFixed(1)}%)`;
      row.classList.toggle("predicted", label === predicted);
    }
  }
}

/** A list item for a face: its crop, its predicted label and the bars of its probabilities. */
export class FaceRow {
  #title = h("span.title");
  #detail = h("span.detail");
  #bars;

  constructor(number, labels) {
    this.crop = h("canvas.crop", { width: kCropSide, height: kCropSide, ariaHidden: "true" });
    this.side = h("div.face-side", {}, this.crop);
    this.#bars = new Bars(labels);
    const numberElement = h("span.number", {}, h("span.visually-hidden", {}, "Face "), String(number));
    const head = h("p.face-head", {}, numberElement, this.#title, this.#detail);
    this.element = h("li.face", {}, this.side, h("div", {}, head, this.#bars.element));
  }

  update(face, threshold) {
    const { uncertain, color, title, detail } = describePrediction(face, threshold);
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#detail.textContent !== detail) this.#detail.textContent = detail;
    this.element.style.setProperty("--c", color);
    this.element.classList.toggle("uncertain", uncertain);
    this.#bars.update(face.probabilities, face.emotion);
  }
}
