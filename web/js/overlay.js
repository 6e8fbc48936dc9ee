import { interpolateBox, scaleBox } from "./boxes.js";
import { prepareCanvas } from "./dom.js";
import { describePrediction } from "./emotions.js";
import { kFontFamily } from "./theme.js";

const kFont = `600 13px ${kFontFamily}`;
const kGlideTime = 0.06; // seconds; time constant of a box that moves to its new place

/**
 * Draws a face's box and label. `box` is in the context's units. The label stays within `bounds` {width, height}. A dark
 * outline keeps the colored line visible on any image.
 */
export function drawBox(context, box, number, face, threshold, bounds) {
  const { color, short, uncertain } = describePrediction(face, threshold);
  context.save();
  const radius = Math.min(10, box.width / 6);
  for (const [width, style] of [
    [5, "rgb(0 0 0 / 0.45)"],
    [2.5, color],
  ]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.setLineDash(uncertain ? [7, 5] : []);
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, radius);
    context.stroke();
  }
  context.font = kFont;
  const text = box.width > 56 ? `${number}  ${short}` : String(number);
  const width = context.measureText(text).width + 14;
  const x = Math.max(2, Math.min(box.x - 1, bounds.width - width - 2));
  const y = box.y > 26 ? box.y - 26 : Math.min(box.y + box.height + 4, bounds.height - 24);
  context.fillStyle = "rgb(12 14 16 / 0.82)";
  context.beginPath();
  context.roundRect(x, y, width, 22, 6);
  context.fill();
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(text, x + 7, y + 11.5);
  context.restore();
}

/** Fits an image of `width` x `height` into a box and centers it: {scale, x, y}. */
export function fit(width, height, boxWidth, boxHeight) {
  const scale = Math.min(boxWidth / width, boxHeight / height);
  return { scale, x: (boxWidth - width * scale) / 2, y: (boxHeight - height * scale) / 2 };
}

/** Face boxes over a playing video. They glide to the positions last shown, at the screen's frame rate. */
export class LiveOverlay {
  #canvas;
  #video;
  #shown = new Map(); // track ID → box on the screen
  #tracks = [];
  #threshold = 0;
  #lastDraw = 0;
  #animationFrame = 0;
  mirrored = false;

  constructor(canvas, video) {
    this.#canvas = canvas;
    this.#video = video;
    new ResizeObserver(() => this.#scheduleDraw()).observe(canvas);
  }

  show(tracks, threshold) {
    this.#tracks = tracks;
    this.#threshold = threshold;
    for (const id of this.#shown.keys()) {
      if (!tracks.some((track) => track.id === id)) this.#shown.delete(id);
    }
    this.#scheduleDraw();
  }

  #scheduleDraw() {
    if (this.#animationFrame === 0) this.#animationFrame = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#animationFrame = 0;
    const fraction = 1 - Math.exp(-Math.min(now - this.#lastDraw, 100) / 1000 / kGlideTime);
    this.#lastDraw = now;
    const context = prepareCanvas(this.#canvas);
    const bounds = { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth === 0) return;
    const { scale, x, y } = fit(videoWidth, videoHeight, bounds.width, bounds.height);
    let moving = false;
    for (const track of this.#tracks) {
      const left = this.mirrored ? videoWidth - track.box.x - track.box.width : track.box.x;
      const scaled = scaleBox({ ...track.box, x: left }, scale);
      const target = { ...scaled, x: x + scaled.x, y: y + scaled.y };
      const box = interpolateBox(this.#shown.get(track.id) ?? target, target, fraction);
      moving ||= Object.keys(target).some((key) => Math.abs(target[key] - box[key]) > 0.2);
      this.#shown.set(track.id, box);
      drawBox(context, box, track.id, track, this.#threshold, bounds);
    }
    if (moving) this.#scheduleDraw();
  }
}
