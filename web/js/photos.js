import { allowAsking } from "./api.js";
import { photosCsv } from "./csv.js";
import { announce, h, notify } from "./dom.js";
import { download } from "./download.js";
import { capitalised, colourOf, displayOrder } from "./emotions.js";
import { PhotoCard } from "./photo_card.js";
import { settings } from "./settings.js";

const kAtOnce = 2; // photos under way, so that one travels while another is read

/** The tab of photographs. */
export class Photos {
  #cards = [];
  #queue = [];
  #running = 0;
  #list = h("ol.cards", { ariaLabel: "Photos" });
  #headline = h("h2");
  #legend = h("ul.legend", { ariaLabel: "Expressions that are told apart" });
  #input;
  #drop;

  constructor(panel) {
    this.#input = h("input.visually-hidden", { type: "file", multiple: true, accept: "image/*,.pgm,.ppm,.tif,.tiff", id: "photo-input" });
    this.#input.addEventListener("change", () => {
      this.add([...this.#input.files]);
      this.#input.value = "";
    });
    const choose = h("label.button.primary", { htmlFor: "photo-input" }, "Choose photos");
    const paste = h("p.hint", {}, "or paste one  ", h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "V"));
    const text = h("p", {}, "Every face in it is found, and how it looks is put into numbers.");
    this.#drop = h("div.drop", {},
      h("div.drop-text", {}, this.#headline, text, this.#legend),
      h("div.drop-actions", {}, this.#input, choose, paste));
    panel.append(this.#drop, this.#list);
    settings.addEventListener("change", () => this.#cards.forEach((card) => card.applySettings()));
    this.csv = h("button.button", { type: "button", onclick: () => this.#saveCsv() }, "Export CSV");
    this.clearAll = h("button.button.quiet", { type: "button", onclick: () => this.clear() }, "Clear");
    this.#changed();
  }

  /** Names the expressions that the model knows. */
  setLabels(labels) {
    const entry = (label) => {
      const item = h("li", {}, capitalised(label));
      item.style.setProperty("--c", colourOf(label));
      return item;
    };
    this.#legend.replaceChildren(...displayOrder(labels).map(entry));
  }

  get actions() {
    return [this.csv, this.clearAll];
  }

  /** New photos stand above older ones. */
  add(files) {
    allowAsking();
    notify("");
    const cards = files.map((file) => new PhotoCard(file, (card) => this.#discard(card), () => this.#changed()));
    this.#cards.unshift(...cards);
    this.#list.prepend(...cards.map((card) => card.element));
    this.#queue.push(...cards);
    this.#changed();
    while (this.#running < kAtOnce && this.#queue.length > 0) this.#work();
  }

  clear() {
    for (const card of [...this.#cards]) this.#remove(card);
    announce("All photos removed");
    this.#input.focus();
  }

  async #work() {
    ++this.#running;
    for (let card = this.#queue.shift(); card; card = this.#queue.shift()) {
      await card.run();
      if (card.result || card.error) announce(card.summary());
    }
    --this.#running;
  }

  #discard(card) {
    const next = card.element.nextElementSibling ?? this.#input;
    this.#remove(card);
    next.focus();
  }

  #remove(card) {
    card.remove();
    this.#cards = this.#cards.filter((other) => other !== card);
    this.#queue = this.#queue.filter((other) => other !== card);
    this.#changed();
  }

  #changed() {
    const some = this.#cards.length > 0;
    this.#drop.classList.toggle("slim", some);
    this.#headline.textContent = some ? "Drop more anywhere" : "Drop a photo";
    this.csv.disabled = !this.#cards.some((card) => card.result || card.error);
    this.clearAll.disabled = !some;
  }

  #saveCsv() {
    const done = this.#cards.filter((card) => card.result || card.error);
    const labels = done.find((card) => card.result)?.result.labels ?? [];
    download("mien.csv", photosCsv(done.map((card) => card.row()), labels, settings.threshold), "text/csv");
  }
}
