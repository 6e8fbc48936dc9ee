export const kMostPixels = 1 << 24; // of a canvas: iOS encodes no larger one

/** A file's picture as an <img> that has loaded, or null where the browser cannot show it (TIFF, PGM). */
export async function loadPicture(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}

/** The same picture as JPEG, for what the browser reads and the server does not (AVIF, GIF); smaller where it has too many pixels. */
export function toJpeg(image) {
  const { naturalWidth, naturalHeight } = image;
  const scale = Math.min(1, Math.sqrt(kMostPixels / (naturalWidth * naturalHeight)));
  return encode(image, Math.floor(naturalWidth * scale), Math.floor(naturalHeight * scale), 0.95);
}

/** The frame that a video shows, its longer side at most `side` pixels, drawn into `canvas`: a JPEG. */
export function grabFrame(video, side, canvas = document.createElement("canvas")) {
  const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
  return encode(video, Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale), 0.85, canvas);
}

function encode(source, width, height, quality, canvas = document.createElement("canvas")) {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return toBlob(canvas, "image/jpeg", quality);
}

/** A canvas as a file. Throws where the browser cannot encode it, which it says with null. */
export async function toBlob(canvas, type, quality) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, quality));
  if (blob) return blob;
  const text = `the browser cannot encode a picture of ${canvas.width} × ${canvas.height} pixels`;
  throw Object.assign(new Error(text), { code: "not_encoded" });
}

/** Faces of a picture `width` pixels wide, in the pixels of the same one `wanted` wide. */
export function rescaleFaces(faces, width, wanted) {
  const scale = wanted / width;
  return faces.map((face) => ({ ...face, box: scaleBox(face.box, scale) }));
}

export const scaleBox = ({ x, y, width, height }, scale) => ({ x: scale * x, y: scale * y, width: scale * width, height: scale * height });
