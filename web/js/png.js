import { scaleBox } from "./boxes.js";
import { capitalized, colorOf, describePrediction, displayOrder, percent } from "./emotions.js";
import { encodingError, kMaxPixels, toBlob } from "./images.js";
import { drawBox, fit } from "./overlay.js";
import { kFontFamily, themeColor } from "./theme.js";
import { drawTimeline, timelineHeight } from "./timeline.js";

// Lengths are in units of the page, kWidth across.
const kWidth = 1200;
const kMargin = 32;
const kBarPitch = 19; // from one bar to the next
const kMinScale = 0.6; // pixels per unit; below this, text becomes illegible
const kFooter = "An expression does not show what a person feels.  Created with Mien.";

/** An empty page of kWidth x `height` units, with two pixels per unit, or fewer if it is tall. */
function newPage(height) {
  const scale = Math.min(2, Math.sqrt(kMaxPixels / (kWidth * height)));
  if (scale < kMinScale) throw encodingError("there are too many faces for one image");
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(scale * kWidth);
  canvas.height = Math.floor(scale * height);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = themeColor("--surface");
  context.fillRect(0, 0, kWidth, height);
  context.textBaseline = "alphabetic";
  context.fillStyle = themeColor("--muted");
  context.font = `14px ${kFontFamily}`;
  context.fillText(kFooter, kMargin, height - kMargin + 8);
  return { canvas, context };
}

/** Draws an image with its boxes, fitted into a rectangle. Returns its height. */
function drawAnnotatedImage(context, { source, size, faces, numbers, threshold }, { x, y, width, height }) {
  const { scale } = fit(size.width, size.height, width, height);
  const shown = { width: size.width * scale, height: size.height * scale };
  context.save();
  context.translate(x, y);
  context.beginPath();
  context.roundRect(0, 0, shown.width, shown.height, 12);
  context.clip();
  context.drawImage(source, 0, 0, shown.width, shown.height);
  faces.forEach((face, i) => {
    drawBox(context, scaleBox(face.box, scale), numbers[i], face, threshold, shown);
  });
  context.restore();
  return shown.height;
}

function drawBars(context, face, number, labels, threshold, { x, y, width }) {
  const { color, title, detail } = describePrediction(face, threshold);
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(x, y + 3, 4, 18, 2);
  context.fill();
  context.fillStyle = themeColor("--ink");
  context.font = `600 17px ${kFontFamily}`;
  context.fillText(`${number}  ${title}`, x + 14, y + 18);
  const titleWidth = context.measureText(`${number}  ${title}`).width;
  context.fillStyle = themeColor("--muted");
  context.font = `15px ${kFontFamily}`;
  context.fillText(detail, x + 24 + titleWidth, y + 18);
  displayOrder(labels).forEach((label, i) => {
    const line = y + 34 + i * kBarPitch;
    const [from, to] = [x + 90, x + width - 48];
    context.font = `${label === face.emotion ? "600 " : ""}13px ${kFontFamily}`;
    context.fillStyle = themeColor(label === face.emotion ? "--ink" : "--muted");
    context.fillText(capitalized(label), x + 14, line + 10);
    context.textAlign = "right";
    context.fillText(percent(face.probabilities[label]), x + width, line + 10);
    context.textAlign = "left";
    context.fillStyle = themeColor("--track");
    context.beginPath();
    context.roundRect(from, line + 1, to - from, 8, 4);
    context.fill();
    context.fillStyle = colorOf(label);
    context.beginPath();
    context.roundRect(from, line + 1, Math.max(2, (to - from) * face.probabilities[label]), 8, 4);
    context.fill();
  });
}

const blockHeight = (labels) => 34 + labels.length * kBarPitch + 22;

/**
 * A photo with boxes and the bars of its faces, as PNG. `image` is {source, size: {width, height}, faces, numbers, labels,
 * threshold}.
 */
export async function photoPng(image) {
  const { size, faces, numbers, labels, threshold } = image;
  const few = faces.length > 0 && faces.length <= 4;
  const columns = few ? 1 : 3;
  const column = few ? 340 : (kWidth - 2 * kMargin - 2 * 28) / 3;
  const room = { width: kWidth - 2 * kMargin - (few ? column + 32 : 0), height: 1000 };
  const { scale } = fit(size.width, size.height, room.width, room.height);
  const imageHeight = size.height * scale;
  const block = blockHeight(labels);
  const listHeight = Math.ceil(faces.length / columns) * block;
  const height = kMargin + (few ? Math.max(imageHeight, listHeight) : imageHeight + 28 + listHeight) + 2 * kMargin;
  const { canvas, context } = newPage(Math.ceil(height));
  drawAnnotatedImage(context, image, { x: kMargin, y: kMargin, ...room });
  const left = few ? kMargin + size.width * scale + 32 : kMargin;
  const top = few ? kMargin : kMargin + imageHeight + 28;
  faces.forEach((face, i) => {
    const place = { x: left + (i % columns) * (column + 28), y: top + Math.floor(i / columns) * block, width: column };
    drawBars(context, face, numbers[i], labels, threshold, place);
  });
  return toBlob(canvas, "image/png");
}

/** A frame with boxes and, below it, the timelines of `people`: [[number, samples] …]. */
export async function recordingPng(image, people, view) {
  const { size, labels } = image;
  const room = { width: kWidth - 2 * kMargin, height: 560 };
  const { scale } = fit(size.width, size.height, room.width, room.height);
  const lanes = timelineHeight(labels.length);
  const height = kMargin + size.height * scale + people.length * (lanes + 52) + 2 * kMargin + 16;
  const { canvas, context } = newPage(Math.ceil(height));
  let y = kMargin + drawAnnotatedImage(context, image, { x: kMargin, y: kMargin, ...room }) + 24;
  for (const [number, samples] of people) {
    context.fillStyle = themeColor("--ink");
    context.font = `600 17px ${kFontFamily}`;
    context.textBaseline = "alphabetic";
    context.fillText(`Person ${number}`, kMargin, y + 18);
    context.save();
    context.translate(kMargin, y + 34);
    drawTimeline(context, { width: room.width, samples, labels, view });
    context.restore();
    y += lanes + 52;
  }
  return toBlob(canvas, "image/png");
}
