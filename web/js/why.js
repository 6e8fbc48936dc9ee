import { allowAsking, explain, explainError } from "./api.js";
import { h } from "./dom.js";
import { percent } from "./emotions.js";

const kSide = 320; // pixels of a picture; shown at about half the size
const kPlaces = { eyes: "brow and eyes", nose: "nose and cheeks", mouth: "mouth and chin" };

// "inferno" of van der Walt and Smith (2015), as in the pictures of mien explain.
const kInferno = [
  [0, 0, 4], [33, 12, 74], [87, 16, 110], [138, 34, 106], [188, 55, 84], [227, 89, 51], [249, 140, 10], [249, 201, 50], [252, 255, 164],
];

function inferno(value) {
  const place = Math.max(0, Math.min(1, value)) * (kInferno.length - 1);
  const below = Math.min(Math.floor(place), kInferno.length - 2);
  return kInferno[below].map((channel, i) => channel + (place - below) * (kInferno[below + 1][i] - channel));
}

/** The map as a picture of its own size: the hotter, the less of the face shows through. */
function heat({ map, largest }) {
  const canvas = h("canvas", { width: map[0].length, height: map.length });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  map.flat().forEach((value, i) => {
    const share = largest > 0 ? Math.max(0, value) / largest : 0;
    pixels.data.set([...inferno(share), 255 * (0.35 + 0.45 * share)], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}

async function picture(crop, map, name, text) {
  const face = new Image();
  face.src = crop;
  await face.decode();
  const canvas = h("canvas", { width: kSide, height: kSide, role: "img", ariaLabel: `${name}: ${text}` });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(face, 0, 0, kSide, kSide);
  context.drawImage(heat(map), 0, 0, kSide, kSide);
  return h("figure", {}, canvas, h("figcaption", {}, h("strong", {}, name), `: ${text}`));
}

function placeOf({ bands }) {
  const [place, share] = Object.entries(bands).reduce((a, b) => (b[1] > a[1] ? b : a));
  return `most at ${kPlaces[place]} (${percent(share)})`;
}

/** The button of a face that asks the server why, and the two heat maps that it opens. */
export class Why {
  #asked = false;

  /** `file` is the picture that the server has read, `number` the face's in it. */
  constructor(file, number, emotion) {
    this.panel = h("div.why", { hidden: true, id: `why-${Why.#count++}` });
    this.button = h("button.why-button", { type: "button", ariaExpanded: "false" }, "Why?");
    this.button.setAttribute("aria-controls", this.panel.id);
    this.button.ariaLabel = `Why? What speaks for ${emotion} in face ${number}`;
    this.button.addEventListener("click", () => this.#toggle(file, number, emotion));
  }

  static #count = 0;

  #toggle(file, number, emotion) {
    this.panel.hidden = !this.panel.hidden;
    this.button.ariaExpanded = String(!this.panel.hidden);
    if (this.#asked) return;
    this.#asked = true;
    allowAsking();
    this.#ask(file, number, emotion);
  }

  async #ask(file, number, emotion) {
    this.panel.replaceChildren(h("p.hint", { role: "status" }, "Asking the network"));
    try {
      const { crop, grad_cam, occlusion } = await explain(file, number);
      const points = 100 * occlusion.largest;
      const cost = points < 0.1 ? "less than 0.1" : points.toFixed(points < 10 ? 1 : 0);
      const figures = [
        await picture(crop, grad_cam, "Grad-CAM", `what the last layers answer to, ${placeOf(grad_cam)}`),
        await picture(crop, occlusion, "Occlusion", `covering the brightest place costs ${cost} points, ${placeOf(occlusion)}`),
      ];
      this.panel.replaceChildren(h("p.why-title", { role: "status" }, `What speaks for ${emotion}, in the face as the network sees it`), ...figures);
    } catch (error) {
      this.#asked = false; // the next click asks again
      const { title, text } = explainError(error);
      this.panel.replaceChildren(h("p.hint", { role: "alert" }, `${title}. ${text}`));
    }
  }
}
