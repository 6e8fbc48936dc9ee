import { drawBox, fit } from "./overlay.js";
import { capitalised, colourOf, displayOrder, percent, verdict } from "./emotions.js";
import { kMostPixels, toBlob } from "./pictures.js";
import { themeColour } from "./theme.js";
import { drawTimeline, timelineHeight } from "./timeline.js";

const kWidth = 1200;
const kMargin = 32;
const kLeastScale = 0.6; // pixels a unit; nobody could read less
const kFooter = "What a face looks like is not what a person feels.  Read by Mien.";
const kFamily = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** A page of kWidth x `height`, with two pixels for each unit, or fewer where it is tall. */
function newPage(height) {
  const scale = Math.min(2, Math.sqrt(kMostPixels / (kWidth * height)));
  if (scale < kLeastScale) throw Object.assign(new Error("there are too many faces for one page"), { code: "not_encoded" });
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(scale * kWidth);
  canvas.height = Math.floor(scale * height);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = themeColour("--surface");
  context.fillRect(0, 0, kWidth, height);
  context.textBaseline = "alphabetic";
  context.fillStyle = themeColour("--muted");
  context.font = `14px ${kFamily}`;
  context.fillText(kFooter, kMargin, height - kMargin + 8);
  return { canvas, context };
}

/** The picture, fitted into a width, with its boxes. Returns the height that it took. */
function drawPicture(context, { source, size, faces, numbers, threshold }, { x, y, width, height }) {
  const { scale } = fit(size.width, size.height, width, height);
  const shown = { width: size.width * scale, height: size.height * scale };
  context.save();
  context.translate(x, y);
  context.beginPath();
  context.roundRect(0, 0, shown.width, shown.height, 12);
  context.clip();
  context.drawImage(source, 0, 0, shown.width, shown.height);
  faces.forEach((face, i) => {
    const box = { x: face.box.x * scale, y: face.box.y * scale, width: face.box.width * scale, height: face.box.height * scale };
    drawBox(context, box, numbers[i], face, threshold, shown);
  });
  context.restore();
  return shown.height;
}

function drawBars(context, face, number, labels, threshold, { x, y, width }) {
  const { colour, title, detail } = verdict(face, threshold);
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y + 3, 4, 18, 2);
  context.fill();
  context.fillStyle = themeColour("--ink");
  context.font = `600 17px ${kFamily}`;
  context.fillText(`${number}  ${title}`, x + 14, y + 18);
  const titleWidth = context.measureText(`${number}  ${title}`).width;
  context.fillStyle = themeColour("--muted");
  context.font = `15px ${kFamily}`;
  context.fillText(detail, x + 24 + titleWidth, y + 18);
  displayOrder(labels).forEach((label, i) => {
    const line = y + 34 + i * kLine;
    const [from, to] = [x + 90, x + width - 48];
    context.font = `${label === face.emotion ? "600 " : ""}13px ${kFamily}`;
    context.fillStyle = themeColour(label === face.emotion ? "--ink" : "--muted");
    context.fillText(capitalised(label), x + 14, line + 10);
    context.textAlign = "right";
    context.fillText(percent(face.probabilities[label]), x + width, line + 10);
    context.textAlign = "left";
    context.fillStyle = themeColour("--track");
    context.beginPath();
    context.roundRect(from, line + 1, to - from, 8, 4);
    context.fill();
    context.fillStyle = colourOf(label);
    context.beginPath();
    context.roundRect(from, line + 1, Math.max(2, (to - from) * face.probabilities[label]), 8, 4);
    context.fill();
  });
}

const kLine = 19;
const blockHeight = (labels) => 34 + labels.length * kLine + 22;

/**
 * A photo with its boxes and the bars of its faces, as PNG. `shot` is {source, size: {width, height}, faces, numbers, labels,
 * threshold}.
 */
export async function photoPng(shot) {
  const { size, faces, numbers, labels, threshold } = shot;
  const few = faces.length > 0 && faces.length <= 4;
  const columns = few ? 1 : 3;
  const column = few ? 340 : (kWidth - 2 * kMargin - 2 * 28) / 3;
  const room = { width: kWidth - 2 * kMargin - (few ? column + 32 : 0), height: 1000 };
  const { scale } = fit(size.width, size.height, room.width, room.height);
  const pictureHeight = size.height * scale;
  const block = blockHeight(labels);
  const listHeight = Math.ceil(faces.length / columns) * block;
  const height = kMargin + (few ? Math.max(pictureHeight, listHeight) : pictureHeight + 28 + listHeight) + 2 * kMargin;
  const { canvas, context } = newPage(Math.ceil(height));
  drawPicture(context, shot, { x: kMargin, y: kMargin, ...room });
  const left = few ? kMargin + size.width * scale + 32 : kMargin;
  const top = few ? kMargin : kMargin + pictureHeight + 28;
  faces.forEach((face, i) => {
    const place = { x: left + (i % columns) * (column + 28), y: top + Math.floor(i / columns) * block, width: column };
    drawBars(context, face, numbers[i], labels, threshold, place);
  });
  return toBlob(canvas, "image/png");
}

/** A frame with its boxes and, below it, the timelines of all people. `people`: [[number, samples] …]. */
export async function recordingPng(shot, people, view) {
  const { size, labels } = shot;
  const room = { width: kWidth - 2 * kMargin, height: 560 };
  const { scale } = fit(size.width, size.height, room.width, room.height);
  const lanes = timelineHeight(labels.length);
  const height = kMargin + size.height * scale + people.length * (lanes + 52) + 2 * kMargin + 16;
  const { canvas, context } = newPage(Math.ceil(height));
  let y = kMargin + drawPicture(context, shot, { x: kMargin, y: kMargin, ...room }) + 24;
  for (const [number, samples] of people) {
    context.fillStyle = themeColour("--ink");
    context.font = `600 17px ${kFamily}`;
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
