import { prepareCanvas } from "./dom.js";
import { verdict } from "./emotions.js";

const kFont = '600 13px Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const kGlide = 0.06; // seconds in which a box follows most of the way to where it was found

/**
 * Draws a face's box and its label. `box` is in the context's units; `bounds` {width, height} is what the label has to stay in.
 * A dark line around the coloured one keeps it visible on any picture.
 */
export function drawBox(context, box, number, face, threshold, bounds) {
  const { colour, short, uncertain } = verdict(face, threshold);
  context.save();
  const radius = Math.min(10, box.width / 6);
  for (const [width, style] of [
    [5, "rgb(0 0 0 / 0.45)"],
    [2.5, colour],
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

/** Where a picture of `width` x `height` lies in a box that shows all of it: {scale, x, y}. */
export function fit(width, height, boxWidth, boxHeight) {
  const scale = Math.min(boxWidth / width, boxHeight / height);
  return { scale, x: (boxWidth - width * scale) / 2, y: (boxHeight - height * scale) / 2 };
}

/** Boxes over a playing video. They glide to where the last answer found them, at the screen's own rate, and then rest. */
export class LiveOverlay {
  #canvas;
  #video;
  #shown = new Map(); // track → its box on the screen
  #tracks = [];
  #threshold = 0;
  #last = 0;
  #request = 0;
  mirrored = false;

  constructor(canvas, video) {
    this.#canvas = canvas;
    this.#video = video;
    new ResizeObserver(() => this.#wake()).observe(canvas);
  }

  show(tracks, threshold) {
    this.#tracks = tracks;
    this.#threshold = threshold;
    for (const id of this.#shown.keys()) {
      if (!tracks.some((track) => track.id === id)) this.#shown.delete(id);
    }
    this.#wake();
  }

  #wake() {
    if (this.#request === 0) this.#request = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#request = 0;
    const share = 1 - Math.exp(-Math.min(now - this.#last, 100) / 1000 / kGlide);
    this.#last = now;
    const context = prepareCanvas(this.#canvas);
    const bounds = { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth === 0) return;
    const { scale, x, y } = fit(videoWidth, videoHeight, bounds.width, bounds.height);
    let moving = false;
    for (const track of this.#tracks) {
      const left = this.mirrored ? videoWidth - track.box.x - track.box.width : track.box.x;
      const target = { x: x + left * scale, y: y + track.box.y * scale, width: track.box.width * scale, height: track.box.height * scale };
      const before = this.#shown.get(track.id) ?? target;
      const box = Object.fromEntries(Object.keys(target).map((key) => [key, before[key] + share * (target[key] - before[key])]));
      moving ||= Object.keys(target).some((key) => Math.abs(target[key] - box[key]) > 0.2);
      this.#shown.set(track.id, box);
      drawBox(context, box, track.id, track, this.#threshold, bounds);
    }
    if (moving) this.#wake();
  }
}
