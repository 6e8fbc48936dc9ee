import { h, clock, plural, prepareCanvas } from "./dom.js";
import { capitalised, colourOf, displayOrder } from "./emotions.js";
import { theme, themeColour } from "./theme.js";

const kGap = 1.2; // seconds without the face after which its line breaks
const kFewest = 3; // samples that make a person
const kSummaryEvery = 1; // seconds
const kNameWidth = 72;
const kLane = 26; // pixels a lane
const kAxis = 22;
const kFont = '12px Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** A time axis's distance between ticks, in seconds, for about `count` of them. */
function tickStep(duration, count) {
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600].find((step) => duration / step <= count) ?? 7200;
}

/** The height that drawTimeline needs for so many labels. */
export const timelineHeight = (labelCount) => labelCount * kLane + kAxis + 4;

/**
 * Draws one person's probabilities, a lane an emotion: which one it is shows by place and name, not by colour alone.
 * `samples` are {time, probabilities}, times rising; `view` is {from, to, playhead?} in seconds.
 */
export function drawTimeline(context, { width, samples, labels, view }) {
  const lanes = displayOrder(labels);
  const ink = themeColour("--ink");
  const muted = themeColour("--muted");
  const line = themeColour("--line");
  const left = kNameWidth;
  const right = width - 2;
  const bottom = lanes.length * kLane;
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

  const stretches = runs(samples, view);
  lanes.forEach((label, lane) => {
    const base = (lane + 1) * kLane - 1.5;
    context.textAlign = "left";
    context.fillStyle = muted;
    context.fillText(capitalised(label), 0, base - kLane / 2 + 2);
    context.strokeStyle = line;
    context.beginPath();
    context.moveTo(left, base + 0.5);
    context.lineTo(right, base + 0.5);
    context.stroke();
    for (const run of stretches) drawRun(context, run, label, { toX, base, ink });
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

/** The samples in view, in stretches without a gap. */
function runs(samples, { from, to }) {
  const out = [];
  let previous = null;
  for (const sample of samples) {
    if (sample.time < from - kGap || sample.time > to) continue;
    if (!previous || sample.time - previous.time > kGap) out.push([]);
    out.at(-1).push(sample);
    previous = sample;
  }
  return out;
}

function drawRun(context, run, label, { toX, base, ink }) {
  const path = new Path2D();
  let lastX = -Infinity;
  for (const { time, probabilities } of run) {
    const x = toX(time);
    if (x - lastX < 1 && time !== run.at(-1).time) continue; // no more points than the screen can show
    path.lineTo(x, base - probabilities[label] * (kLane - 5));
    lastX = x;
  }
  const area = new Path2D(path);
  area.lineTo(lastX, base);
  area.lineTo(toX(run[0].time), base);
  area.closePath();
  context.save();
  context.beginPath();
  context.rect(kNameWidth, 0, 1e5, 1e5);
  context.clip();
  context.fillStyle = colourOf(label);
  context.globalAlpha = 0.9;
  context.fill(area);
  context.globalAlpha = 0.35;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.stroke(path);
  context.restore();
}

/** Seconds of each label, {label: seconds}, from the samples of one person. */
export function secondsOf(samples) {
  const seconds = {};
  samples.forEach(({ time, emotion }, i) => {
    const next = samples[i + 1];
    const held = next && next.time - time <= kGap ? next.time - time : 0;
    seconds[emotion] = (seconds[emotion] ?? 0) + held;
  });
  return seconds;
}

/**
 * The timeline of all people of a recording: buttons to choose whose, the lanes, and a table of seconds. `onSeek`, where
 * given, makes the lanes a slider.
 */
export class TimelinePanel {
  #people = new Map(); // id → samples
  #labels = [];
  #chosen = null;
  #picked = false; // by the user; else it is whoever is in the picture
  #summarised = -Infinity;
  #chips = h("div.chips", { role: "group", ariaLabel: "Person" });
  #canvas = h("canvas.lanes", { role: "img" });
  #table = h("div.table");
  #view = { from: 0, to: 60 };
  #onSeek;

  constructor({ onSeek } = {}) {
    this.#onSeek = onSeek;
    this.element = h("section.timeline", { hidden: true }, h("header", {}, h("h2", {}, "Over time"), this.#chips), this.#canvas, this.#table);
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
    this.#chosen = null;
    this.#picked = false;
    this.#summarised = -Infinity;
    this.#chips.replaceChildren();
    this.#table.replaceChildren();
    this.element.hidden = true;
  }

  /** Adds the tracks of a moment: {time, frame}. */
  add({ time, frame }, tracks, labels) {
    if (labels.length > 0 && this.#labels.length !== labels.length) {
      this.#labels = labels;
      this.#canvas.style.height = `${timelineHeight(labels.length)}px`;
    }
    for (const { id, ...answer } of tracks) {
      if (!this.#people.has(id)) this.#people.set(id, []);
      const samples = this.#people.get(id);
      samples.push({ time, frame, ...answer });
      if (samples.length === kFewest) this.#addChip(id);
    }
    const known = tracks.filter(({ id }) => this.#people.get(id).length >= kFewest);
    if (!this.#picked && known.length > 0 && !known.some(({ id }) => id === this.#chosen)) this.#choose(known[0].id);
    if (time - this.#summarised < kSummaryEvery) return;
    this.#summarised = time;
    this.summarise();
  }

  /** [[number, samples] …] of those people who were seen most, by number. */
  mostSeen(count) {
    return this.#known().sort((a, b) => b[1].length - a[1].length).slice(0, count).sort((a, b) => a[0] - b[0]);
  }

  /** People who were in more than a few frames; a false alarm of the face detector is not. */
  #known() {
    return [...this.#people].filter(([, samples]) => samples.length >= kFewest);
  }

  /** Forgets what is older than `time`, and those who were not seen since. */
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
    if (this.#chosen === id) this.#picked = false;
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

  /** While it is frozen, its slider does not seek. */
  set frozen(now) {
    this.#canvas.ariaDisabled = String(now);
  }

  draw() {
    if (this.element.hidden || this.#labels.length === 0 || this.#canvas.clientWidth === 0) return;
    const context = prepareCanvas(this.#canvas);
    drawTimeline(context, { width: this.#canvas.clientWidth, samples: this.#people.get(this.#chosen) ?? [], labels: this.#labels, view: this.#view });
  }

  /** Seconds of each emotion, a row a person; also what screen readers get of the lanes. */
  summarise() {
    const labels = displayOrder(this.#labels);
    const row = ([id, samples]) => {
      const seconds = secondsOf(samples);
      const cells = labels.map((label) => h("td", {}, seconds[label] ? seconds[label].toFixed(1) : "–"));
      return h("tr", {}, h("th", { scope: "row" }, `Person ${id}`), ...cells);
    };
    const heads = labels.map((label) => h("th", { scope: "col" }, capitalised(label)));
    const table = h("table", {}, h("caption", {}, "Seconds of each expression"), h("thead", {}, h("tr", {}, h("td"), ...heads)));
    table.append(h("tbody", {}, ...this.#known().map(row)));
    this.#table.replaceChildren(table);
    this.#table.tabIndex = 0; // it scrolls sideways on a phone
    this.#table.role = "region";
    this.#table.ariaLabel = "Seconds of each expression";
    const name = `Expressions of person ${this.#chosen} over time; ${plural(this.#known().length, "person", "people")} in all`;
    this.#canvas.ariaLabel = this.#onSeek ? "Position in the film" : name;
  }

  #addChip(id) {
    const chip = h("button.chip", { type: "button", ariaPressed: "false" }, `Person ${id}`);
    chip.dataset.id = id;
    chip.addEventListener("click", () => {
      this.#picked = true;
      this.#choose(id);
    });
    const later = [...this.#chips.children].find((other) => Number(other.dataset.id) > id);
    this.#chips.insertBefore(chip, later ?? null);
    this.#chips.hidden = this.#chips.children.length < 2;
    this.element.hidden = false;
  }

  #choose(id) {
    this.#chosen = id;
    for (const chip of this.#chips.children) chip.ariaPressed = String(chip.dataset.id === String(id));
    this.summarise();
    this.draw();
  }

  #makeSlider() {
    Object.assign(this.#canvas, { role: "slider", tabIndex: 0, ariaLabel: "Position in the film", ariaValueMin: "0" });
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
      const target = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: this.#view.to }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      seek(target);
    });
  }
}
