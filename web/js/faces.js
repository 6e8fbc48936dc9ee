import { h } from "./dom.js";
import { capitalised, colourOf, displayOrder, percent, verdict } from "./emotions.js";

const kCropSide = 144; // pixels; shown at half the size

/** Draws the face of a picture, with a little around it, into a square canvas. */
export function drawCrop(canvas, source, box) {
  const side = 1.15 * Math.max(box.width, box.height);
  const x = box.x + box.width / 2 - side / 2;
  const y = box.y + box.height / 2 - side / 2;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, x, y, side, side, 0, 0, canvas.width, canvas.height);
}

/** One bar a label; update() only touches what has changed, so it may be called for every frame. */
class Bars {
  #rows = new Map();

  constructor(labels) {
    this.element = h("ul.bars");
    for (const label of displayOrder(labels)) {
      const fill = h("span.fill");
      const value = h("span.value");
      const row = h("li", {}, h("span.name", {}, capitalised(label)), h("span.track", { ariaHidden: "true" }, fill), value);
      row.style.setProperty("--c", colourOf(label));
      this.#rows.set(label, { row, fill, value });
      this.element.append(row);
    }
  }

  update(probabilities, leader) {
    for (const [label, { row, fill, value }] of this.#rows) {
      const text = percent(probabilities[label]);
      if (value.textContent !== text) value.textContent = text;
      fill.style.transform = `translateX(${(100 * probabilities[label] - 100).toFixed(1)}%)`;
      row.classList.toggle("leader", label === leader);
    }
  }
}

/** A face in a list: its crop, what it looks like, its bars. */
export class FaceRow {
  #title = h("span.title");
  #detail = h("span.detail");
  #bars;

  constructor(number, labels) {
    this.crop = h("canvas.crop", { width: kCropSide, height: kCropSide, ariaHidden: "true" });
    this.side = h("div.face-side", {}, this.crop);
    this.#bars = new Bars(labels);
    const head = h("p.face-head", {}, h("span.number", {}, h("span.visually-hidden", {}, "Face "), String(number)), this.#title, this.#detail);
    this.body = h("div.face-body", {}, head, this.#bars.element);
    this.element = h("li.face", {}, this.side, this.body);
  }

  update(face, threshold) {
    const { uncertain, colour, title, detail } = verdict(face, threshold);
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#detail.textContent !== detail) this.#detail.textContent = detail;
    this.element.style.setProperty("--c", colour);
    this.element.classList.toggle("uncertain", uncertain);
    this.#bars.update(face.probabilities, face.emotion);
  }
}
