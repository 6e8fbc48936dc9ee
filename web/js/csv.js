/** RFC 4180: quotes around a field that needs them. */
function field(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const row = (values) => values.map(field).join(",") + "\n";

/** A face's columns, as `mien predict --format csv` has them. */
function faceColumns({ box, emotion, confidence, probabilities }, labels) {
  const numbers = [box.x, box.y, box.width, box.height].map((number) => number.toFixed(1));
  return [...numbers, emotion, confidence.toFixed(5), ...labels.map((label) => probabilities[label].toFixed(5))];
}

/** `photos` are {name, faces, error}; one without faces has a row too, so that none goes missing. */
export function photosCsv(photos, labels) {
  let text = row(["path", "face", "x", "y", "width", "height", "emotion", "confidence", ...labels, "error"]);
  for (const { name, faces, error } of photos) {
    if (error || faces.length === 0) text += row([name, 0, "", "", "", "", "", "", ...labels.map(() => ""), error ?? ""]);
    else faces.forEach((face, i) => (text += row([name, i + 1, ...faceColumns(face, labels), ""])));
  }
  return text;
}

/** `people` maps a person's number to samples {time, box, emotion, confidence, probabilities}; rows in the order of time. */
export function recordingCsv(people, labels) {
  const rows = [...people].flatMap(([person, samples]) => samples.map((sample) => ({ person, sample })));
  rows.sort((a, b) => a.sample.time - b.sample.time || a.person - b.person);
  let text = row(["time", "person", "x", "y", "width", "height", "emotion", "confidence", ...labels]);
  for (const { person, sample } of rows) text += row([sample.time.toFixed(3), person, ...faceColumns(sample, labels)]);
  return text;
}
