import { clock, h, plural, prepareCanvas } from "./dom.js";
import { capitalized, colorOf, displayOrder } from "./emotions.js";
import { kFontFamily, theme, themeColor } from "./theme.js";

const kMaxGap = 1.2; // seconds without a sample before the line breaks
const kMinSamples = 3; // of a track before it is listed as a person
const kSummaryInterval = 1; // seconds between updates of the table
const kNameWidth = 72; // pixels, as the next two
const kLaneHeight = 26;
const kAxisHeight = 22;
const kTableTitle = "Seconds per expression";
const kFont = `12px ${kFontFamily}`;

/** The interval between the ticks of a time axis, in seconds, for at most about `count` ticks. */
function tickStep(duration, count) {
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600].find((step) => duration / step <= count) ?? 7200;
}

/** The height of drawTimeline() in pixels. */
export const timelineHeight = (labelCount) => labelCount * kLaneHeight + kAxisHeight + 4;

/**
 * Draws the probabilities of one person, one named lane per label, so that color is not needed to tell them apart.
 * `samples` are {time, probabilities} in order of time; `view` is {from, to, playhead?} in seconds.
 */
export function drawTimeline(context, { width, samples, labels, view }) {
  const lanes = displayOrder(labels);
  const ink = themeColor("--ink");
  const muted = themeColor("--muted");
  const line = themeColor("--line");
  const left = kNameWidth;
  const right = width - 2;
  const bottom = lanes.length * kLaneHeight;
  const toX = (time) => left + ((time - view.from) / (view.to - view.from)) * (right - left);
  context.font = kFont;
  context.textBaseline = "middle";

  context.fillStyle = muted;
  context.strokeStyle = line;
  context.lineWidth = 1;
  const step = tickStep(view.to - view.from, (right - left) / 70);
  for (let tick = Math.ceil(Math.max(0, view.from) / step) * step; tick <= view.to; tick += step) {
    const x = Math.round(toX(tick)) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, bottom + 4);
    context.stroke();
    context.textAlign = x > right - 20 ? "right" : "center";
    context.fillText(clock(tick), x, bottom + 14);
  }

  const segments = splitAtGaps(samples, view);
  lanes.forEach((label, lane) => {
    const base = (lane + 1) * kLaneHeight - 1.5;
    context.textAlign = "left";
    context.fillStyle = muted;
    context.fillText(capitalized(label), 0, base - kLaneHeight / 2 + 2);
    context.strokeStyle = line;
    context.beginPath();
    context.moveTo(left, base + 0.5);
    context.lineTo(right, base + 0.5);
    context.stroke();
    for (const segment of segments) drawSegment(context, segment, label, { toX, base, ink });
  });

  if (view.playhead !== undefined) {
    context.strokeStyle = ink;
    context.lineWidth = 1.5;
    const x = toX(view.playhead);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, bottom);
    context.stroke();
  }
}

/** The samples in view, split into segments without gaps. */
function splitAtGaps(samples, { from, to }) {
  const segments = [];
  let previous = null;
  for (const sample of samples) {
    if (sample.time < from - kMaxGap || sample.time > to) continue;
    if (!previous || sample.time - previous.time > kMaxGap) segments.push([]);
    segments.at(-1).push(sample);
    previous = sample;
  }
  return segments;
}

function drawSegment(context, segment, label, { toX, base, ink }) {
  const path = new Path2D();
  let lastX = -Infinity;
  for (const { time, probabilities } of segment) {
    const x = toX(time);
    if (x - lastX < 1 && time !== segment.at(-1).time) continue; // at most one point per pixel
    path.lineTo(x, base - probabilities[label] * (kLaneHeight - 5));
    lastX = x;
  }
  const area = new Path2D(path);
  area.lineTo(lastX, base);
  area.lineTo(toX(segment[0].time), base);
  area.closePath();
  context.save();
  context.beginPath();
  context.rect(kNameWidth, 0, 1e5, 1e5);
  context.clip();
  context.fillStyle = colorOf(label);
  context.globalAlpha = 0.9;
  context.fill(area);
  context.globalAlpha = 0.35;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.stroke(path);
  context.restore();
}

/** Seconds of each label, {label: seconds}, from the samples of one person. */
function secondsOf(samples) {
  const seconds = {};
  samples.forEach(({ time, emotion }, i) => {
    const next = samples[i + 1];
    const held = next && next.time - time <= kMaxGap ? next.time - time : 0;
    seconds[emotion] = (seconds[emotion] ?? 0) + held;
  });
  return seconds;
}

/**
 * The timeline of a recording: buttons to select a person, the lanes of that person, and a table of seconds per label. With
 * `onSeek`, the lanes are a slider.
 */
export class TimelinePanel {
  #people = new Map(); // track ID → samples
  #labels = [];
  #selected = null;
  #pinned = false; // whether the user chose the person; otherwise it is someone in view
  #summaryTime = -Infinity;
  #chips = h("div.chips", { role: "group", ariaLabel: "Person" });
  #canvas = h("canvas.lanes", { role: "img" });
  #table = h("div.table");
  #view = { from: 0, to: 60 };
  #onSeek;

  constructor({ onSeek } = {}) {
    this.#onSeek = onSeek;
    const header = h("header", {}, h("h2", {}, "Timeline"), this.#chips);
    this.element = h("section.timeline", { hidden: true }, header, this.#canvas, this.#table);
    if (onSeek) this.#makeSlider();
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    theme.addEventListener("change", () => this.draw());
  }

  get people() {
    return this.#people;
  }

  get labels() {
    return this.#labels;
  }

  get view() {
    return this.#view;
  }

  clear() {
    this.#people.clear();
    this.#selected = null;
    this.#pinned = false;
    this.#summaryTime = -Infinity;
    this.#chips.replaceChildren();
    this.#table.replaceChildren();
    this.element.hidden = true;
  }

  /** Adds the tracks of a frame. */
  add({ time, frame }, tracks, labels) {
    if (labels.length > 0 && this.#labels.length !== labels.length) {
      this.#labels = labels;
      this.#canvas.style.height = `${timelineHeight(labels.length)}px`;
    }
    for (const { id, ...prediction } of tracks) {
      if (!this.#people.has(id)) this.#people.set(id, []);
      const samples = this.#people.get(id);
      samples.push({ time, frame, ...prediction });
      if (samples.length === kMinSamples) this.#addChip(id);
    }
    const listed = tracks.filter(({ id }) => this.#people.get(id).length >= kMinSamples);
    if (!this.#pinned && listed.length > 0 && !listed.some(({ id }) => id === this.#selected)) this.#select(listed[0].id);
    if (time - this.#summaryTime < kSummaryInterval) return;
    this.#summaryTime = time;
    this.summarize();
  }

  /** [[track ID, samples] …] of the `count` people with the most samples, in order of ID. */
  mostSeen(count) {
    return this.#listed().sort((a, b) => b[1].length - a[1].length).slice(0, count).sort((a, b) => a[0] - b[0]);
  }

  /** Tracks with enough samples to be people; false positives of the face detector have fewer. */
  #listed() {
    return [...this.#people].filter(([, samples]) => samples.length >= kMinSamples);
  }

  /** Removes samples before `time`, and people who have no later ones. */
  forgetBefore(time) {
    for (const [id, samples] of this.#people) {
      if (samples[0].time >= time) continue;
      const kept = samples.findIndex((sample) => sample.time >= time);
      if (kept > 0) samples.splice(0, kept);
      else this.#forget(id);
    }
  }

  #forget(id) {
    this.#people.delete(id);
    [...this.#chips.children].find((chip) => chip.dataset.id === String(id))?.remove();
    if (this.#selected === id) this.#pinned = false;
  }

  setView(view) {
    this.#view = view;
    if (this.#onSeek) {
      this.#canvas.ariaValueMax = view.to.toFixed(1);
      this.#canvas.ariaValueNow = (view.playhead ?? 0).toFixed(1);
      this.#canvas.ariaValueText = clock(view.playhead ?? 0);
    }
    this.draw();
  }

  /** While frozen, the slider does not seek. */
  set frozen(now) {
    this.#canvas.ariaDisabled = String(now);
  }

  draw() {
    if (this.element.hidden || this.#labels.length === 0 || this.#canvas.clientWidth === 0) return;
    const context = prepareCanvas(this.#canvas);
    const samples = this.#people.get(this.#selected) ?? [];
    drawTimeline(context, { width: this.#canvas.clientWidth, samples, labels: this.#labels, view: this.#view });
  }

  /** Updates the table of seconds per label, one row per person. Screen readers get it instead of the lanes. */
  summarize() {
    const labels = displayOrder(this.#labels);
    const row = ([id, samples]) => {
      const seconds = secondsOf(samples);
      const cells = labels.map((label) => h("td", {}, seconds[label] ? seconds[label].toFixed(1) : "–"));
      return h("tr", {}, h("th", { scope: "row" }, `Person ${id}`), ...cells);
    };
    const headers = labels.map((label) => h("th", { scope: "col" }, capitalized(label)));
    const table = h("table", {}, h("caption", {}, kTableTitle), h("thead", {}, h("tr", {}, h("td"), ...headers)));
    table.append(h("tbody", {}, ...this.#listed().map(row)));
    this.#table.replaceChildren(table);
    this.#table.tabIndex = 0; // it scrolls horizontally on a phone
    this.#table.role = "region";
    this.#table.ariaLabel = kTableTitle;
    if (this.#onSeek) return; // the lanes are a slider with a name of its own
    const count = plural(this.#listed().length, "person", "people");
    this.#canvas.ariaLabel = `Expressions of person ${this.#selected} over time, ${count} in total`;
  }

  #addChip(id) {
    const chip = h("button.chip", { type: "button", ariaPressed: "false" }, `Person ${id}`);
    chip.dataset.id = id;
    chip.addEventListener("click", () => {
      this.#pinned = true;
      this.#select(id);
    });
    const later = [...this.#chips.children].find((other) => Number(other.dataset.id) > id);
    this.#chips.insertBefore(chip, later ?? null);
    this.#chips.hidden = this.#chips.children.length < 2;
    this.element.hidden = false;
  }

  #select(id) {
    this.#selected = id;
    for (const chip of this.#chips.children) chip.ariaPressed = String(chip.dataset.id === String(id));
    this.summarize();
    this.draw();
  }

  #makeSlider() {
    Object.assign(this.#canvas, { role: "slider", tabIndex: 0, ariaLabel: "Position in the video", ariaValueMin: "0" });
    const seek = (time) => {
      if (this.#canvas.ariaDisabled !== "true") this.#onSeek(Math.max(0, Math.min(this.#view.to, time)));
    };
    const seekTo = (event) => {
      const x = (event.offsetX - kNameWidth) / (this.#canvas.clientWidth - kNameWidth - 2);
      seek(this.#view.from + x * (this.#view.to - this.#view.from));
    };
    this.#canvas.addEventListener("pointerdown", (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      seekTo(event);
    });
    this.#canvas.addEventListener("pointermove", (event) => event.buttons === 1 && seekTo(event));
    this.#canvas.addEventListener("keydown", (event) => {
      const now = this.#view.playhead ?? 0;
      const targets = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: this.#view.to };
      const target = targets[event.key];
      if (target === undefined) return;
      event.preventDefault();
      seek(target);
    });
  }
}
