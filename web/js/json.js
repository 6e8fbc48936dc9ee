/** The array of `mien predict --format json`. `photos` are {name, result, faces, error}. */
export function photosJson(photos, threshold) {
  const labeled = ({ emotion, confidence, ...face }) => {
    const { probabilities, ...rest } = face;
    return { ...rest, emotion: confidence < threshold ? "uncertain" : emotion, confidence, probabilities };
  };
  const entries = photos.map(({ name, result, faces, error }) =>
    error ? { path: name, error } : { path: name, width: result.width, height: result.height, faces: faces.map(labeled) });
  return JSON.stringify(entries, null, 1) + "\n";
}
