import { allowTokenPrompt, analyze, describeError } from "./api.js";
import { h, plural } from "./dom.js";
import { downloadWhenReady, stem } from "./download.js";
import { describePrediction } from "./emotions.js";
import { Explanation } from "./explanation.js";
import { drawCrop, FaceRow } from "./faces.js";
import { loadImage, rescaleFaces, toJpeg } from "./images.js";
import { photoPng } from "./png.js";
import { settings } from "./settings.js";

const kManyFaces = 4; // from this number on, the faces are listed below the photo

/** Why the one-face rule rejects a photo, or null. */
function rejection(faces) {
  if (!settings.oneFace || faces.length === 1) return null;
  return faces.length === 0 ? "rejected: no face found" : `rejected: ${faces.length} faces found, exactly one is required`;
}

/** A photo on the page: the image with boxes, and its faces. */
export class PhotoCard {
  result = null;
  error = null;
  #abort = new AbortController();
  #rows = [];
  #boxes = [];
  #rejection = null;
  #image = null; // null if the browser cannot show it
  #sent; // the file that the server analyzed, or its JPEG version
  #figure = h("figure");
  #facts = h("span.facts");
  #body = h("div.card-body");
  #png;

  /** Calls `onRemove(card)` when the user removes the photo, and `onChange()` when a result or an error arrives. */
  constructor(file, onRemove, onChange) {
    this.file = file;
    this.onChange = onChange;
    this.#png = h("button.button.quiet", { type: "button", onclick: () => this.#savePng(), hidden: true }, "Save PNG");
    const removeOptions = { type: "button", onclick: () => onRemove(this), ariaLabel: `Remove ${file.name}`, title: "Remove" };
    const actions = h("div.card-actions", {}, this.#png, h("button.icon-button", removeOptions, "✕"));
    this.element = h("li.card", { tabIndex: -1 }, h("header", {}, h("h3", {}, file.name), this.#facts, actions), this.#body);
    this.#body.append(this.#figure);
  }

  get name() {
    return this.file.name;
  }

  /** The image as the browser shows it, or null. */
  get image() {
    return this.#image;
  }

  /** The faces that count: none if there is no result or the one-face rule rejects the photo. */
  get faces() {
    const faces = this.result?.faces ?? [];
    return rejection(faces) ? [] : faces;
  }

  /** Whether there is a result or an error. */
  get done() {
    return this.result !== null || this.error !== null;
  }

  async run() {
    this.#setState("Waiting…", "waiting");
    this.#image = await loadImage(this.file);
    if (this.#image) {
      this.#image.alt = `Photo ${this.name}`;
      this.#setFigure(this.#image, this.#image.naturalWidth, this.#image.naturalHeight);
    }
    await this.#analyze();
  }

  async #analyze() {
    this.error = this.result = null;
    this.#setState("Analyzing…", "busy");
    const options = {
      signal: this.#abort.signal,
      onWait: (seconds) => this.#setState(`The server is busy. Retrying in ${plural(seconds, "second")}…`, "busy"),
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

  async #retry() {
    allowTokenPrompt();
    await this.#analyze();
    this.element.focus();
  }

  async #send(options) {
    this.#sent = this.file;
    try {
      return await analyze(this.#sent, options);
    } catch (error) {
      // Only for formats that the server does not support: AVIF, GIF. A damaged file is an error, as on the command line.
      if (!this.#image || error.code !== "unsupported") throw error;
      this.#sent = await toJpeg(this.#image);
      const response = await analyze(this.#sent, options);
      const { naturalWidth: width, naturalHeight: height } = this.#image;
      return { ...response, width, height, faces: rescaleFaces(response.faces, response.width, width), converted: true };
    }
  }

  #setState(text, state) {
    this.element.dataset.state = state;
    this.#facts.textContent = text;
  }

  /** The threshold changes only labels; the one-face rule changes what the card shows. */
  applySettings() {
    const { faces } = this.result ?? {};
    if (!faces || rejection(faces) !== this.#rejection) return this.render();
    this.#rows.forEach((row, i) => row.update(faces[i], settings.threshold));
    this.#labelBoxes();
  }

  /** Boxes have the color of the emotion; large ones also name it. */
  #labelBoxes() {
    this.#boxes.forEach((box, i) => {
      const { color, short } = describePrediction(this.result.faces[i], settings.threshold);
      box.style.setProperty("--c", color);
      box.querySelector(".box-label").textContent = ` ${short}`;
    });
  }

  /** Shows the result according to the settings. */
  render() {
    this.#body.replaceChildren(this.#figure);
    this.#boxes.forEach((box) => box.remove());
    this.#rows = [];
    this.#boxes = [];
    this.#png.hidden = true;
    this.element.classList.remove("many");
    delete this.element.dataset.error;
    this.#figure.hidden = false;
    if (this.error) return this.#renderError();
    if (!this.result) return;
    const { width, height, faces, milliseconds, converted } = this.result;
    const found = faces.length === 0 ? "no face" : plural(faces.length, "face");
    const note = converted ? " · converted to JPEG by the browser" : "";
    this.#setState(`${width} × ${height} · ${found} · ${milliseconds.toFixed(0)} ms${note}`, "done");
    if (!this.#image) this.#renderWithoutImage();
    this.#rejection = rejection(faces);
    const rejected = this.#rejection !== null;
    this.element.classList.toggle("rejected", rejected);
    if (rejected && faces.length > 0) {
      this.#showMessage(`Rejected: ${plural(faces.length, "face")} instead of one`,
        "Turn off “Only photos with exactly one face” to see all faces. The rule is that of the original study.");
    } else if (faces.length === 0) {
      this.#showMessage("No face found",
        "Mien finds faces that are at least about 40 pixels wide, roughly face the camera and are not covered.");
    }
    this.#renderBoxes();
    if (rejected || faces.length === 0) return;
    this.#renderFaces();
    this.#png.hidden = this.#image === null;
  }

  #showMessage(title, text, ...more) {
    this.#body.append(h("div.message", {}, h("p.message-title", {}, title), h("p", {}, text), ...more));
  }

  #renderError() {
    const { title, text } = describeError(this.error);
    const retryButton = h("button.button", { type: "button", onclick: () => this.#retry() }, "Try again");
    const canRetry = ["unreachable", "busy", "draining", "timeout", "internal", "unauthorized"].includes(this.error.code);
    this.#setState("Failed", "error");
    this.element.dataset.error = this.error.code;
    this.#figure.hidden = this.#image === null;
    this.#showMessage(title, text, ...(canRetry ? [retryButton] : []));
  }

  /** Shows the positions of the faces of an image that the browser cannot show. */
  #renderWithoutImage() {
    const { width, height } = this.result;
    this.#setFigure(h("div.no-image", {}, "This browser cannot show this image format"), width, height);
  }

  /** Puts content into the figure, which keeps the aspect ratio of the image at every size. */
  #setFigure(content, width, height) {
    this.#figure.replaceChildren(content);
    this.#figure.style.aspectRatio = `${width} / ${height}`;
    this.#figure.style.setProperty("--ratio", width / height);
    this.#figure.style.setProperty("--natural", `${width}px`);
  }

  #renderBoxes() {
    const { width, height, faces } = this.result;
    faces.forEach((face, i) => {
      const tag = h("span", {}, String(i + 1), h("span.box-label"));
      const box = h("div.box", { ariaHidden: "true", onclick: () => this.#highlight(i, true) }, tag);
      const percentOf = (value, total) => `${((100 * value) / total).toFixed(3)}%`;
      Object.assign(box.style, { left: percentOf(face.box.x, width), top: percentOf(face.box.y, height) });
      Object.assign(box.style, { width: percentOf(face.box.width, width), height: percentOf(face.box.height, height) });
      box.addEventListener("pointerenter", () => this.#highlight(i));
      box.addEventListener("pointerleave", () => this.#highlight(-1));
      this.#boxes.push(box);
    });
    this.#labelBoxes();
    this.#figure.append(...this.#boxes);
  }

  #renderFaces() {
    const { faces, labels } = this.result;
    const list = h("ol.faces", { ariaLabel: `Faces in ${this.name}` });
    faces.forEach((face, i) => {
      const row = new FaceRow(i + 1, labels);
      row.update(face, settings.threshold);
      if (this.#image) drawCrop(row.crop, this.#image, face.box);
      row.element.addEventListener("pointerenter", () => this.#highlight(i));
      row.element.addEventListener("pointerleave", () => this.#highlight(-1));
      const explanation = new Explanation(this.#sent, i + 1, face.emotion);
      row.side.append(explanation.button);
      row.element.append(explanation.panel);
      this.#rows.push(row);
      list.append(row.element);
    });
    this.element.classList.toggle("many", faces.length >= kManyFaces);
    this.#body.append(list);
  }

  #highlight(index, scroll = false) {
    this.#boxes.forEach((box, i) => box.classList.toggle("highlighted", i === index));
    this.#rows.forEach((row, i) => row.element.classList.toggle("highlighted", i === index));
    this.element.classList.toggle("highlighting", index >= 0);
    if (scroll) this.#rows[index]?.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  #savePng() {
    const { width, height, faces, labels } = this.result;
    const numbers = faces.map((_, i) => i + 1);
    const image = { source: this.#image, size: { width, height }, faces, numbers, labels, threshold: settings.threshold };
    downloadWhenReady(`${stem(this.name)}-mien.png`, photoPng(image));
  }

  /** The result in one sentence, for screen readers. */
  summary() {
    if (this.error) return `${this.name}: ${describeError(this.error).title}`;
    const { faces } = this.result;
    if (faces.length === 0) return `${this.name}: no face found`;
    const predictions = faces.map((face) => describePrediction(face, settings.threshold)).map(({ title, detail }) => `${title} ${detail}`);
    return `${this.name}: ${plural(faces.length, "face")}: ${predictions.join("; ")}`;
  }

  /** The photo as photosCsv() and photosJson() expect it. */
  row() {
    const { name, result, error } = this;
    return { name, result, faces: result?.faces ?? [], error: error?.message ?? rejection(result?.faces ?? []) };
  }

  remove() {
    this.#abort.abort();
    if (this.#image) URL.revokeObjectURL(this.#image.src);
    this.element.remove();
  }
}
