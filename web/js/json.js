/** The array of `mien predict --format json`. `photos` are {name, result, faces, error}. */
export function photosJson(photos, threshold) {
  const labeled = (face) => ({ ...face, uncertain: face.confidence < threshold });
  const entries = photos.map(({ name, result, faces, error }) =>
    error ? { path: name, error } : { path: name, width: result.width, height: result.height, faces: faces.map(labeled) });
  return JSON.stringify(entries, null, 1) + "\n";
}
