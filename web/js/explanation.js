import { allowTokenPrompt, describeError, explain } from "./api.js";
import { h } from "./dom.js";
import { percent } from "./emotions.js";

const kSide = 320; // pixels of a heat map; about twice the size on the page, for high-density screens
const kBandNames = { eyes: "brow and eyes", nose: "nose and cheeks", mouth: "mouth and chin" };

// The color map "inferno" (van der Walt and Smith, 2015), as in the images of mien explain.
const kInferno = [
  [0, 0, 4], [33, 12, 74], [87, 16, 110], [138, 34, 106], [188, 55, 84], [227, 89, 51], [249, 140, 10], [249, 201, 50], [252, 255, 164],
];

function inferno(value) {
  const position = Math.max(0, Math.min(1, value)) * (kInferno.length - 1);
  const below = Math.min(Math.floor(position), kInferno.length - 2);
  return kInferno[below].map((channel, i) => channel + (position - below) * (kInferno[below + 1][i] - channel));
}

/** A map as a translucent image, one pixel per value; higher values are more opaque. */
function heatMap({ map, largest }) {
  const canvas = h("canvas", { width: map[0].length, height: map.length });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  map.flat().forEach((value, i) => {
    const relative = largest > 0 ? Math.max(0, value) / largest : 0;
    pixels.data.set([...inferno(relative), 255 * (0.35 + 0.45 * relative)], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}

async function heatMapFigure(crop, map, method, text) {
  const face = new Image();
  face.src = crop;
  await face.decode();
  const canvas = h("canvas", { width: kSide, height: kSide, role: "img", ariaLabel: `${method}: ${text}` });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(face, 0, 0, kSide, kSide);
  context.drawImage(heatMap(map), 0, 0, kSide, kSide);
  return h("figure", {}, canvas, h("figcaption", {}, h("strong", {}, method), `: ${text}`));
}

/** The part of the face where the map is strongest, in words. */
function strongestBand({ bands }) {
  const [band, fraction] = Object.entries(bands).reduce((a, b) => (b[1] > a[1] ? b : a));
  return `strongest at ${kBandNames[band]} (${percent(fraction)})`;
}

/** The "Why?" button of a face, and the panel with the two heat maps that it opens. */
export class Explanation {
  static #count = 0;
  #requested = false;

  /** `file` is the image that the server analyzed, `number` the number of the face in it, from 1. */
  constructor(file, number, label) {
    this.panel = h("div.explanation", { hidden: true, id: `explanation-${Explanation.#count++}` });
    this.button = h("button.explanation-button", { type: "button", ariaExpanded: "false" }, "Why?");
    this.button.setAttribute("aria-controls", this.panel.id);
    this.button.ariaLabel = `Why? What made the model say “${label}” for face ${number}`;
    this.button.addEventListener("click", () => this.#toggle(file, number, label));
  }

  #toggle(file, number, label) {
    this.panel.hidden = !this.panel.hidden;
    this.button.ariaExpanded = String(!this.panel.hidden);
    if (this.#requested) return;
    this.#requested = true;
    allowTokenPrompt();
    this.#request(file, number, label);
  }

  async #request(file, number, label) {
    this.panel.replaceChildren(h("p.hint", { role: "status" }, "Computing heat maps…"));
    try {
      const { crop, grad_cam, occlusion } = await explain(file, number);
      const points = 100 * occlusion.largest;
      const drop = points < 0.1 ? "less than 0.1" : points.toFixed(points < 10 ? 1 : 0);
      const figures = [
        await heatMapFigure(crop, grad_cam, "Grad-CAM", `evidence in the last layers, ${strongestBand(grad_cam)}`),
        await heatMapFigure(crop, occlusion, "Occlusion",
          `covering the brightest spot lowers the probability by ${drop} points, ${strongestBand(occlusion)}`),
      ];
      this.panel.replaceChildren(h("p.explanation-title", { role: "status" }, `What made the model say “${label}”`), ...figures);
    } catch (error) {
      this.#requested = false; // a click on the button retries
      const { title, text } = describeError(error);
      this.panel.replaceChildren(h("p.hint", { role: "alert" }, `${title}. ${text}`));
    }
  }
}
