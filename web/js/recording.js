import { scaleBox } from "./boxes.js";
import { recordingCsv } from "./csv.js";
import { h } from "./dom.js";
import { download, downloadWhenReady } from "./download.js";
import { drawCrop, FaceRow } from "./faces.js";
import { LiveOverlay } from "./overlay.js";
import { recordingPng } from "./png.js";
import { settings } from "./settings.js";
import { TimelinePanel } from "./timeline.js";

const kMaxRows = 6; // in the list of people
const kMaxTimelines = 8; // in an exported PNG

const sizeOf = (source) => ({ width: source.videoWidth ?? source.width, height: source.videoHeight ?? source.height });

/** The part that camera and video share: the image with boxes, the list of people, the timeline and the exports. */
export class Recording {
  fileName = "mien";
  #tracks = [];
  #source; // the frame of the tracks: a canvas or the video itself
  #scale = 1; // from pixels of the video, the units of the tracks, to pixels of that frame
  #frames = 0;
  #rows = new Map();
  #csv = h("button.button", { type: "button", disabled: true, onclick: () => this.#saveCsv() }, "Export CSV");
  #png = h("button.button", { type: "button", disabled: true, onclick: () => this.#savePng() }, "Save PNG");
  #list = h("ol.faces", { ariaLabel: "People in view" });
  #more = h("p.hint");
  #empty = h("p.no-people", { hidden: true }, "No face in view");

  constructor(video, { onSeek, placeholder }) {
    this.video = video;
    const canvas = h("canvas.overlay", { ariaHidden: "true" });
    this.stage = h("div.stage", {}, video, canvas, placeholder);
    this.overlay = new LiveOverlay(canvas, video);
    this.timeline = new TimelinePanel({ onSeek });
    this.people = h("section.people", { ariaLabel: "People" }, this.#empty, this.#list, this.#more);
    settings.addEventListener("change", () => this.show(this.#tracks, this.#source));
  }

  get actions() {
    return [this.#csv, this.#png];
  }

  /** Shows the current tracks in the image and in the list. `source` is the frame in which they were found. */
  show(tracks, source) {
    this.#tracks = tracks;
    this.#source = source ?? this.#source;
    if (source && this.video.videoWidth > 0) this.#scale = sizeOf(source).width / this.video.videoWidth;
    this.overlay.show(tracks, settings.threshold);
    const listed = tracks.slice(0, kMaxRows);
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
    this.#csv.disabled = this.#png.disabled = this.timeline.people.size === 0;
  }

  clear() {
    this.show([]);
    this.#frames = 0;
    this.timeline.clear();
    this.#csv.disabled = this.#png.disabled = true;
  }

  #saveCsv() {
    const { people, labels } = this.timeline;
    download(`${this.fileName}.csv`, recordingCsv(people, labels, settings.threshold), "text/csv");
  }

  #savePng() {
    const { labels, view } = this.timeline;
    const faces = this.#tracks.map((track) => ({ ...track, box: scaleBox(track.box, this.#scale) }));
    const size = sizeOf(this.#source);
    const image = { source: this.#source, size, faces, numbers: faces.map((face) => face.id), labels, threshold: settings.threshold };
    downloadWhenReady(`${this.fileName}.png`, recordingPng(image, this.timeline.mostSeen(kMaxTimelines), view));
  }
}
