import { recordingCsv } from "./csv.js";
import { h } from "./dom.js";
import { download, downloadWhenMade } from "./download.js";
import { drawCrop, FaceRow } from "./faces.js";
import { LiveOverlay } from "./overlay.js";
import { scaleBox } from "./pictures.js";
import { recordingPng } from "./png.js";
import { settings } from "./settings.js";
import { TimelinePanel } from "./timeline.js";

const kMostRows = 6;
const kMostPeople = 8; // whose timelines go into a PNG

const sizeOf = (source) => ({ width: source.videoWidth ?? source.width, height: source.videoHeight ?? source.height });

/** What camera and film have in common: the picture with boxes, the people in it beside, the timeline below, and exports. */
export class Recording {
  fileName = "mien";
  #tracks = [];
  #source; // the frame that the tracks were found in, a canvas or the video itself
  #scale = 1; // of that frame to the video's pixels, in which tracks are
  #frames = 0;
  #rows = new Map();
  #list = h("ol.faces", { ariaLabel: "People in the picture" });
  #more = h("p.hint");
  #empty = h("p.nobody", { hidden: true }, "Nobody in the picture");

  constructor(video, { onSeek, placeholder }) {
    this.video = video;
    const canvas = h("canvas.overlay", { ariaHidden: "true" });
    this.stage = h("div.stage", {}, video, canvas, placeholder);
    this.overlay = new LiveOverlay(canvas, video);
    this.timeline = new TimelinePanel({ onSeek });
    this.people = h("section.people", { ariaLabel: "People" }, this.#empty, this.#list, this.#more);
    this.csv = h("button.button", { type: "button", disabled: true, onclick: () => this.#saveCsv() }, "Export CSV");
    this.png = h("button.button", { type: "button", disabled: true, onclick: () => this.#savePng() }, "Save PNG");
    settings.addEventListener("change", () => this.show(this.#tracks, this.#source));
  }

  /** The tracks of the moment, in the picture and beside it; `source` is the frame that they were found in. */
  show(tracks, source) {
    this.#tracks = tracks;
    this.#source = source ?? this.#source;
    if (source && this.video.videoWidth > 0) this.#scale = sizeOf(source).width / this.video.videoWidth;
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
      drawCrop(row.crop, source, scaleBox(track.box, this.#scale));
    }
    const hidden = tracks.length - listed.length;
    this.#more.textContent = hidden > 0 ? `and ${hidden} more` : "";
    this.#empty.hidden = tracks.length > 0 || !source;
  }

  record(time, tracks, labels) {
    this.timeline.add({ time, frame: this.#frames++ }, tracks, labels);
    this.csv.disabled = this.png.disabled = this.timeline.people.size === 0;
  }

  clear() {
    this.show([]);
    this.#frames = 0;
    this.timeline.clear();
    this.csv.disabled = this.png.disabled = true;
  }

  #saveCsv() {
    const { people, labels } = this.timeline;
    download(`${this.fileName}.csv`, recordingCsv(people, labels, settings.threshold), "text/csv");
  }

  #savePng() {
    const { labels, view } = this.timeline;
    const faces = this.#tracks.map((track) => ({ ...track, box: scaleBox(track.box, this.#scale) }));
    const size = sizeOf(this.#source);
    const shot = { source: this.#source, size, faces, numbers: faces.map((face) => face.id), labels, threshold: settings.threshold };
    downloadWhenMade(`${this.fileName}.png`, recordingPng(shot, this.timeline.mostSeen(kMostPeople), view));
  }
}
