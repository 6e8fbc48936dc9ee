/** RFC 4180: quotes around a field that needs them. */
function field(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const row = (values) => values.map(field).join(",") + "\n";

const boxColumns = ({ x, y, width, height }) => [x, y, width, height].map((number) => number.toFixed(1));

function answerColumns({ emotion, confidence, probabilities }, labels, threshold) {
  const answer = confidence < threshold ? "uncertain" : emotion;
  return [answer, confidence.toFixed(5), ...labels.map((label) => probabilities[label].toFixed(5))];
}

/**
 * The columns of `mien predict --format csv`. `photos` are {name, faces, error}; one without faces has a row too, so that none
 * goes missing.
 */
export function photosCsv(photos, labels, threshold) {
  let text = row(["path", "face", "x", "y", "width", "height", "emotion", "confidence", ...labels, "error"]);
  for (const { name, faces, error } of photos) {
    if (error || faces.length === 0) text += row([name, 0, "", "", "", "", "", "", ...labels.map(() => ""), error ?? ""]);
    else faces.forEach((face, i) => (text += row([name, i + 1, ...boxColumns(face.box), ...answerColumns(face, labels, threshold), ""])));
  }
  return text;
}

/**
 * The columns of `mien video --format csv`. `people` maps a person's number to samples {time, frame, box, emotion, confidence,
 * probabilities}; rows in the order of time.
 */
export function recordingCsv(people, labels, threshold) {
  const rows = [...people].flatMap(([track, samples]) => samples.map((sample) => ({ track, sample })));
  rows.sort((a, b) => a.sample.frame - b.sample.frame || a.track - b.track);
  let text = row(["time", "frame", "track", "x", "y", "width", "height", "detected", "emotion", "confidence", ...labels]);
  for (const { track, sample } of rows) {
    const { time, frame, box } = sample;
    text += row([time.toFixed(4), frame, track, ...boxColumns(box), 1, ...answerColumns(sample, labels, threshold)]);
  }
  return text;
}
