import { allowTokenPrompt } from "./api.js";
import { photosCsv } from "./csv.js";
import { announce, h, notify } from "./dom.js";
import { download } from "./download.js";
import { capitalized, colorOf, displayOrder } from "./emotions.js";
import { Gallery } from "./gallery.js";
import { photosJson } from "./json.js";
import { PhotoCard } from "./photo_card.js";
import { settings } from "./settings.js";

const kMaxConcurrent = 2; // requests: one uploads while the server analyzes another

/** The Photos tab. */
export class PhotosTab {
  #cards = [];
  #queue = [];
  #running = 0;
  #list = h("ol.cards", { ariaLabel: "Photos" });
  #headline = h("h2");
  #legend = h("ul.legend", { ariaLabel: "Expressions" });
  #csv = h("button.button", { type: "button", onclick: () => this.#saveCsv() }, "Export CSV");
  #json = h("button.button", { type: "button", onclick: () => this.#saveJson() }, "Export JSON");
  #gallery = new Gallery(this.#list);
  #clear = h("button.button.quiet", { type: "button", onclick: () => this.clear() }, "Clear");
  #input;
  #drop;

  constructor(panel) {
    this.#input = h("input.visually-hidden", { type: "file", multiple: true, accept: "image/*,.pgm,.ppm,.tif,.tiff", id: "photo-input" });
    const camera = h("input.visually-hidden", { type: "file", accept: "image/*", capture: "user", id: "photo-camera" });
    for (const input of [this.#input, camera]) {
      input.addEventListener("change", () => {
        this.add([...input.files]);
        input.value = "";
      });
    }
    const take = h("span.take-photo", {}, camera, h("label.button", { htmlFor: "photo-camera" }, "Take a photo"));
    const choose = h("label.button.primary", { htmlFor: "photo-input" }, "Choose photos");
    const hint = h("p.hint", {}, "or drop or paste them anywhere");
    const text = h("p", {}, "Mien finds every face and estimates its expression.");
    this.#drop = h("div.drop", {},
      h("div.drop-text", {}, this.#headline, text, this.#legend),
      h("div.drop-actions", {}, this.#input, choose, take, hint));
    panel.append(this.#drop, this.#gallery.element, this.#list);
    settings.addEventListener("change", () => {
      this.#cards.forEach((card) => card.applySettings());
      this.#gallery.update(this.#cards);
    });
    this.#update();
  }

  /** Shows the labels of the model in the legend. */
  setLabels(labels) {
    const entry = (label) => {
      const item = h("li", {}, capitalized(label));
      item.style.setProperty("--c", colorOf(label));
      return item;
    };
    this.#legend.replaceChildren(...displayOrder(labels).map(entry));
  }

  get actions() {
    return [this.#csv, this.#json, this.#clear];
  }

  /** Adds photos above the older ones and analyzes them. */
  add(files) {
    allowTokenPrompt();
    notify("");
    const cards = files.map((file) => new PhotoCard(file, (card) => this.#removeAndFocusNext(card), () => this.#update()));
    this.#cards.unshift(...cards);
    this.#list.prepend(...cards.map((card) => card.element));
    this.#queue.push(...cards);
    this.#update();
    while (this.#running < kMaxConcurrent && this.#queue.length > 0) this.#analyzeQueue();
  }

  clear() {
    for (const card of [...this.#cards]) this.#remove(card);
    announce("All photos removed");
    this.#input.focus();
  }

  async #analyzeQueue() {
    ++this.#running;
    for (let card = this.#queue.shift(); card; card = this.#queue.shift()) {
      await card.run();
      if (card.done) announce(card.summary());
    }
    --this.#running;
  }

  #removeAndFocusNext(card) {
    const next = this.#cards[this.#cards.indexOf(card) + 1];
    this.#remove(card);
    if (!this.#gallery.focus(next)) (next?.element ?? this.#input).focus();
  }

  #remove(card) {
    card.remove();
    this.#cards = this.#cards.filter((other) => other !== card);
    this.#queue = this.#queue.filter((other) => other !== card);
    this.#update();
  }

  #update() {
    const empty = this.#cards.length === 0;
    this.#drop.classList.toggle("slim", !empty);
    this.#headline.textContent = empty ? "Add photos" : "Add more photos";
    this.#gallery.update(this.#cards);
    this.#csv.disabled = this.#json.disabled = !this.#cards.some((card) => card.done);
    this.#clear.disabled = empty;
  }

  #saveJson() {
    const photos = this.#cards.filter((card) => card.done).map((card) => card.row());
    download("mien.json", photosJson(photos, settings.threshold), "application/json");
  }

  #saveCsv() {
    const done = this.#cards.filter((card) => card.done);
    const labels = done.find((card) => card.result)?.result.labels ?? [];
    download("mien.csv", photosCsv(done.map((card) => card.row()), labels, settings.threshold), "text/csv");
  }
}
