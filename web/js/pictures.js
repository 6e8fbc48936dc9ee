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

/** The frame that a video shows, at most `side` pixels long: {blob, scale}; a box divided by `scale` is in the video's pixels. */
export async function grabFrame(video, side) {
  const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
  const width = Math.round(video.videoWidth * scale);
  const height = Math.round(video.videoHeight * scale);
  return { blob: await encode(video, width, height, 0.85), scale };
}

function encode(source, width, height, quality) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

/** Faces of a frame that was sent `scale` times as large, in the video's own pixels. */
export function rescaleFaces(faces, scale) {
  const rescale = ({ x, y, width, height }) => ({ x: x / scale, y: y / scale, width: width / scale, height: height / scale });
  return faces.map((face) => ({ ...face, box: rescale(face.box) }));
}
