import { allowAsking, analyze, explainError } from "./api.js";
import { h, plural } from "./dom.js";
import { downloadWhenMade, stem } from "./download.js";
import { verdict } from "./emotions.js";
import { drawCrop, FaceRow } from "./faces.js";
import { loadPicture, rescaleFaces, toJpeg } from "./pictures.js";
import { photoPng } from "./png.js";
import { settings } from "./settings.js";
import { Why } from "./why.js";

const kManyFaces = 4; // from here on faces stand below their photo

/** Why the exactly-one rule rejects a photo, or null. */
function rejection(faces) {
  if (!settings.oneFace || faces.length === 1) return null;
  return faces.length === 0 ? "rejected: no face found" : `rejected: ${faces.length} faces found, exactly one is wanted`;
}

/** One photo on the page: the picture with boxes, and its faces. */
export class PhotoCard {
  result = null;
  error = null;
  #abort = new AbortController();
  #rows = [];
  #boxes = [];
  #rejected = null;
  #picture = null;
  #sent; // the file, or what the browser made of it
  #figure = h("figure");
  #facts = h("span.facts");
  #body = h("div.card-body");
  #png;

  constructor(file, onRemove, onChange) {
    this.file = file;
    this.onChange = onChange;
    this.#png = h("button.button.quiet", { type: "button", onclick: () => this.savePng(), hidden: true }, "Save PNG");
    const removal = { type: "button", onclick: () => onRemove(this), ariaLabel: `Remove ${file.name}`, title: "Remove" };
    const actions = h("div.card-actions", {}, this.#png, h("button.icon-button", removal, "✕"));
    this.element = h("li.card", { tabIndex: -1 }, h("header", {}, h("h3", {}, file.name), this.#facts, actions), this.#body);
    this.#body.append(this.#figure);
  }

  get name() {
    return this.file.name;
  }

  async run() {
    this.#state("Waiting", "waiting");
    this.#picture = await loadPicture(this.file);
    if (this.#picture) {
      this.#picture.alt = `The photo ${this.name}`;
      this.#fill(this.#picture, this.#picture.naturalWidth, this.#picture.naturalHeight);
    }
    await this.#analyze();
  }

  async #analyze() {
    this.error = this.result = null;
    this.#state("Reading the faces", "busy");
    const options = {
      signal: this.#abort.signal,
      onWait: (seconds) => this.#state(`The server is busy; trying again in ${plural(seconds, "second")}`, "busy"),
    };
    try {
      this.result = await this.#send(options);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.error = error;
    }
    this.render();
    this.onChange();
  }

  async #tryAgain() {
    allowAsking();
    await this.#analyze();
    this.element.focus();
  }

  async #send(options) {
    this.#sent = this.file;
    try {
      return await analyze(this.#sent, options);
    } catch (error) {
      // What the server does not read, the browser may: AVIF, GIF.
      if (!this.#picture || !["unsupported", "bad_format"].includes(error.code)) throw error;
      this.#sent = await toJpeg(this.#picture);
      const answer = await analyze(this.#sent, options);
      const { naturalWidth: width, naturalHeight: height } = this.#picture;
      return { ...answer, width, height, faces: rescaleFaces(answer.faces, answer.width, width) };
    }
  }

  #state(text, kind) {
    this.element.dataset.state = kind;
    this.#facts.textContent = text;
  }

  /** The threshold only renames faces; the exactly-one rule changes what stands here. */
  applySettings() {
    const { faces } = this.result ?? {};
    if (!faces || rejection(faces) !== this.#rejected) return this.render();
    this.#rows.forEach((row, i) => row.update(faces[i], settings.threshold));
    this.#boxes.forEach((box, i) => box.style.setProperty("--c", verdict(faces[i], settings.threshold).colour));
  }

  /** Shows the result as the settings want it. */
  render() {
    this.#body.replaceChildren(this.#figure);
    this.#boxes.forEach((box) => box.remove());
    this.#rows = [];
    this.#boxes = [];
    this.#png.hidden = true;
    this.element.classList.remove("many");
    this.#figure.hidden = false;
    if (this.error) return this.#renderError();
    if (!this.result) return;
    const { width, height, faces, milliseconds } = this.result;
    const found = faces.length === 0 ? "no face" : plural(faces.length, "face");
    this.#state(`${width} × ${height} · ${found} · ${milliseconds.toFixed(0)} ms`, "done");
    if (!this.#picture) this.#renderWithoutPicture();
    const rejected = (this.#rejected = rejection(faces));
    this.element.classList.toggle("rejected", rejected !== null);
    if (rejected && faces.length > 0) {
      this.#say(`${plural(faces.length, "face")}, and only photos with exactly one count`,
        "The original study kept only photos that show exactly one face. Switch the rule off above to see all of them.");
    } else if (faces.length === 0) {
      this.#say("No face found",
        "A face is found when it is at least some 40 pixels wide, looks more or less towards the camera and is not covered.");
    }
    this.#renderBoxes();
    if (rejected || faces.length === 0) return;
    this.#renderFaces();
    this.#png.hidden = this.#picture === null;
  }

  #say(title, text, ...more) {
    this.#body.append(h("div.message", {}, h("p.message-title", {}, title), h("p", {}, text), ...more));
  }

  #renderError() {
    const { title, text } = explainError(this.error);
    const again = h("button.button", { type: "button", onclick: () => this.#tryAgain() }, "Try again");
    const worthIt = ["gone", "busy", "draining", "timeout", "internal", "unauthorized"].includes(this.error.code);
    this.#state("not read", "error");
    this.#figure.hidden = this.#picture === null;
    this.#say(title, text, ...(worthIt ? [again] : []));
  }

  /** For a picture that the server can read and the browser cannot show: where its faces are. */
  #renderWithoutPicture() {
    const { width, height } = this.result;
    this.#fill(h("div.no-picture", {}, "This browser cannot show this kind of picture"), width, height);
  }

  /** Puts the picture into its frame, which keeps its proportions whatever its size on the screen. */
  #fill(content, width, height) {
    this.#figure.replaceChildren(content);
    this.#figure.style.aspectRatio = `${width} / ${height}`;
    this.#figure.style.setProperty("--ratio", width / height);
    this.#figure.style.setProperty("--natural", `${width}px`);
  }

  #renderBoxes() {
    const { width, height, faces } = this.result;
    faces.forEach((face, i) => {
      const tag = h("span", {}, String(i + 1));
      const box = h("div.box", { ariaHidden: "true", onclick: () => this.#highlight(i, true) }, tag);
      const part = (value, whole) => `${((100 * value) / whole).toFixed(3)}%`;
      Object.assign(box.style, { left: part(face.box.x, width), top: part(face.box.y, height) });
      Object.assign(box.style, { width: part(face.box.width, width), height: part(face.box.height, height) });
      box.style.setProperty("--c", verdict(face, settings.threshold).colour);
      box.addEventListener("pointerenter", () => this.#highlight(i));
      box.addEventListener("pointerleave", () => this.#highlight(-1));
      this.#boxes.push(box);
    });
    this.#figure.append(...this.#boxes);
  }

  #renderFaces() {
    const { faces, labels } = this.result;
    const list = h("ol.faces", { ariaLabel: `Faces in ${this.name}` });
    faces.forEach((face, i) => {
      const row = new FaceRow(i + 1, labels);
      row.update(face, settings.threshold);
      if (this.#picture) drawCrop(row.crop, this.#picture, face.box);
      row.element.addEventListener("pointerenter", () => this.#highlight(i));
      row.element.addEventListener("pointerleave", () => this.#highlight(-1));
      const why = new Why(this.#sent, i + 1, face.emotion);
      row.side.append(why.button);
      row.element.append(why.panel);
      this.#rows.push(row);
      list.append(row.element);
    });
    this.element.classList.toggle("many", faces.length >= kManyFaces);
    this.#body.append(list);
  }

  #highlight(index, scroll = false) {
    this.#boxes.forEach((box, i) => box.classList.toggle("lit", i === index));
    this.#rows.forEach((row, i) => row.element.classList.toggle("lit", i === index));
    this.element.classList.toggle("pointing", index >= 0);
    if (scroll) this.#rows[index]?.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  savePng() {
    const { width, height, faces, labels } = this.result;
    const numbers = faces.map((_, i) => i + 1);
    const shot = { source: this.#picture, size: { width, height }, faces, numbers, labels, threshold: settings.threshold };
    downloadWhenMade(`${stem(this.name)}-mien.png`, photoPng(shot));
  }

  /** One sentence for screen readers. */
  summary() {
    if (this.error) return `${this.name}: ${explainError(this.error).title}`;
    const { faces } = this.result;
    const words = faces.map((face) => verdict(face, settings.threshold)).map(({ title, detail }) => `${title} ${detail}`);
    return `${this.name}: ${faces.length === 0 ? "no face found" : `${plural(faces.length, "face")}: ${words.join("; ")}`}`;
  }

  row() {
    const { name, result, error } = this;
    return { name, faces: result?.faces ?? [], error: error?.message ?? rejection(result?.faces ?? []) };
  }

  remove() {
    this.#abort.abort();
    if (this.#picture) URL.revokeObjectURL(this.#picture.src);
    this.element.remove();
  }
}
