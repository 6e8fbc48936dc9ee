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

/** The same picture as JPEG, for what the browser reads and the server does not (AVIF, GIF). */
export function toJpeg(image) {
  return encode(image, image.naturalWidth, image.naturalHeight, 0.95);
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
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

/** Faces of a picture `width` pixels wide, in the pixels of the same one `wanted` wide. */
export function rescaleFaces(faces, width, wanted) {
  const scale = wanted / width;
  return faces.map((face) => ({ ...face, box: scaleBox(face.box, scale) }));
}

export const scaleBox = ({ x, y, width, height }, scale) => ({ x: scale * x, y: scale * y, width: scale * width, height: scale * height });
