import { scaleBox } from "./boxes.js";

export const kMaxPixels = 1 << 24; // of a canvas: the most that iOS encodes

/** The image of a file as a loaded <img>, or null if the browser cannot show it (TIFF, PGM). */
export async function loadImage(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}

/** An image as JPEG, for formats that the browser supports and the server does not (AVIF, GIF). Reduced to kMaxPixels. */
export function toJpeg(image) {
  const { naturalWidth, naturalHeight } = image;
  const scale = Math.min(1, Math.sqrt(kMaxPixels / (naturalWidth * naturalHeight)));
  return encode(image, Math.floor(naturalWidth * scale), Math.floor(naturalHeight * scale), 0.95);
}

/** The current frame of a video as JPEG, drawn into `canvas`; its longer side has at most `maxSide` pixels. */
export function grabFrame(video, maxSide, canvas) {
  const scale = Math.min(1, maxSide / Math.max(video.videoWidth, video.videoHeight));
  return encode(video, Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale), 0.85, canvas);
}

function encode(source, width, height, quality, canvas = document.createElement("canvas")) {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return toBlob(canvas, "image/jpeg", quality);
}

export const encodingError = (text) => Object.assign(new Error(text), { code: "encoding_failed" });

/** Encodes a canvas. Throws if the browser cannot, for example because the canvas is too large. */
export async function toBlob(canvas, type, quality) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, quality));
  if (blob) return blob;
  throw encodingError(`an image of ${canvas.width} × ${canvas.height} pixels may be too large for this browser`);
}

/** Converts faces found in an image `width` pixels wide to the same image `newWidth` pixels wide. */
export const rescaleFaces = (faces, width, newWidth) =>
  faces.map((face) => ({ ...face, box: scaleBox(face.box, newWidth / width) }));
