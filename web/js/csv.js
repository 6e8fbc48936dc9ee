/** A CSV field, quoted if necessary (RFC 4180). */
function field(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const row = (values) => values.map(field).join(",") + "\n";

const boxColumns = ({ x, y, width, height }) => [x, y, width, height].map((number) => number.toFixed(1));

function predictionColumns({ emotion, confidence, probabilities }, labels, threshold) {
  return [emotion, confidence.toFixed(5), confidence < threshold ? 1 : 0, ...labels.map((name) => probabilities[name].toFixed(5))];
}

const QUALITY = ["yaw", "pitch", "roll", "size", "sharpness", "brightness", "flags"];

function qualityColumns({ yaw, pitch, roll, size, sharpness, brightness, flags }) {
  const pose = yaw === undefined ? ["", "", ""] : [yaw, pitch, roll].map((angle) => angle.toFixed(1));
  return [...pose, size.toFixed(1), sharpness.toFixed(3), brightness.toFixed(3), flags.join(" ")];
}

/**
 * The columns of `mien predict --format csv`. `photos` are {name, faces, error}. A photo without faces has one row, so that
 * every photo is listed.
 */
export function photosCsv(photos, labels, threshold) {
  let text = row(["path", "face", "x", "y", "width", "height", "emotion", "confidence", "uncertain", ...labels, ...QUALITY, "error"]);
  for (const { name, faces, error } of photos) {
    if (error || faces.length === 0) text += row([name, 0, "", "", "", "", "", "", "", ...labels.map(() => ""), ...QUALITY.map(() => ""), error ?? ""]);
    else faces.forEach((face, i) => {
      text += row([name, i + 1, ...boxColumns(face.box), ...predictionColumns(face, labels, threshold), ...qualityColumns(face.quality), ""]);
    });
  }
  return text;
}

/**
 * The columns of `mien video --format csv`, in order of time. `people` maps a track's number to its samples {time, frame, box,
 * detected, emotion, confidence, probabilities, quality}.
 */
export function recordingCsv(people, labels, threshold) {
  const rows = [...people].flatMap(([track, samples]) => samples.map((sample) => ({ track, ...sample })));
  rows.sort((a, b) => a.frame - b.frame || a.track - b.track);
  let text = row(["time", "frame", "track", "x", "y", "width", "height", "detected", "emotion", "confidence", "uncertain", ...labels, ...QUALITY]);
  for (const { track, time, frame, box, detected, ...prediction } of rows) {
    text += row([time.toFixed(4), frame, track, ...boxColumns(box), detected ? 1 : 0, ...predictionColumns(prediction, labels, threshold), ...qualityColumns(prediction.quality)]);
  }
  return text;
}
