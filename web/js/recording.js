import { recordingCsv } from "./csv.js";
import { h } from "./dom.js";
import { download } from "./download.js";
import { drawCrop, FaceRow } from "./faces.js";
import { LiveOverlay } from "./overlay.js";
import { recordingPng } from "./png.js";
import { settings } from "./settings.js";
import { TimelinePanel } from "./timeline.js";

const kMostRows = 6;

/** What camera and film have in common: the picture with boxes, the people in it beside, the timeline below, and exports. */
export class Recording {
  tracks = [];
  fileName = "mien";
  still = null; // a canvas to export instead of the video, when that is gone
  #rows = new Map();
  #list = h("ol.faces", { ariaLabel: "People in the picture" });
  #more = h("p.hint");
  #empty = h("p.nobody", {}, "Nobody in the picture");

  constructor(video, { onSeek, placeholder }) {
    this.video = video;
    const canvas = h("canvas.overlay", { ariaHidden: "true" });
    this.stage = h("div.stage", {}, video, canvas, placeholder);
    this.overlay = new LiveOverlay(canvas, video);
    this.timeline = new TimelinePanel({ onSeek });
    this.people = h("section.people", { ariaLabel: "People" }, this.#empty, this.#list, this.#more);
    this.csv = h("button.button", { type: "button", disabled: true, onclick: () => this.#saveCsv() }, "Export CSV");
    this.png = h("button.button", { type: "button", disabled: true, onclick: () => this.#savePng() }, "Save PNG");
    settings.addEventListener("change", () => this.show(this.tracks));
  }

  /** The tracks of the moment, in the picture and beside it. */
  show(tracks) {
    this.tracks = tracks;
    this.overlay.show(tracks, settings.threshold);
    const listed = tracks.slice(0, kMostRows);
    for (const [id, row] of this.#rows) {
      if (listed.some((track) => track.id === id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const track of listed) {
      if (!this.#rows.has(track.id)) {
        const row = new FaceRow(track.id, Object.keys(track.probabilities));
        this.#rows.set(track.id, row);
        this.#list.append(row.element);
      }
      const row = this.#rows.get(track.id);
      row.update(track, settings.threshold);
      drawCrop(row.crop, this.video, track.box);
    }
    const hidden = tracks.length - listed.length;
    this.#more.textContent = hidden > 0 ? `and ${hidden} more` : "";
    this.#empty.hidden = tracks.length > 0;
  }

  record(time, tracks, labels) {
    this.timeline.add(time, tracks, labels);
    this.csv.disabled = this.png.disabled = this.timeline.people.size === 0;
  }

  clear() {
    this.show([]);
    this.timeline.clear();
    this.csv.disabled = this.png.disabled = true;
  }

  #saveCsv() {
    download(`${this.fileName}.csv`, recordingCsv(this.timeline.people, this.timeline.labels), "text/csv");
  }

  async #savePng() {
    const { video, tracks, timeline } = this;
    const shot = {
      source: this.still ?? video,
      size: { width: this.still?.width ?? video.videoWidth, height: this.still?.height ?? video.videoHeight },
      faces: tracks,
      numbers: tracks.map((track) => track.id),
      labels: timeline.labels,
      threshold: settings.threshold,
    };
    download(`${this.fileName}.png`, await recordingPng(shot, [...timeline.people], timeline.view), "image/png");
  }
}
