const kMemory = 1.0; // seconds that a face is remembered after it was last seen
const kTimeConstant = 0.3; // seconds of the exponential smoothing of probabilities
const kMargin = 0.08; // by which another label must be ahead before a face changes its own
const kLeastOverlap = 0.2;

function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}

/**
 * Gives faces the same number from frame to frame, smooths their probabilities and keeps labels from flickering. The server
 * keeps no state, so this is the page's part. Faces are matched greedily by the overlap with where their track should be.
 */
export class Tracker {
  #tracks = [];
  #nextId = 1;

  /**
   * `faces` of the frame at `time` (seconds, rising). Returns those tracks that are in this frame:
   * {id, box, probabilities, emotion, confidence, since}.
   */
  update(time, faces) {
    this.#tracks = this.#tracks.filter((track) => time - track.seen <= kMemory);
    const pairs = [];
    for (const track of this.#tracks) {
      const expected = this.#predict(track, time);
      for (const face of faces) {
        const score = overlap(expected, face.box);
        if (score >= kLeastOverlap) pairs.push({ track, face, score });
      }
    }
    pairs.sort((a, b) => b.score - a.score);
    const matched = new Map();
    const used = new Set();
    for (const { track, face } of pairs) {
      if (used.has(track) || matched.has(face)) continue;
      used.add(track);
      matched.set(face, track);
    }
    return faces.map((face) => {
      const track = matched.get(face);
      return track ? this.#continue(track, time, face) : this.#begin(time, face);
    });
  }

  #predict({ box, velocity, seen }, time) {
    const elapsed = Math.min(time - seen, 0.5);
    return { ...box, x: box.x + velocity.x * elapsed, y: box.y + velocity.y * elapsed };
  }

  #begin(time, { box, probabilities, emotion }) {
    const track = { id: this.#nextId++, box, velocity: { x: 0, y: 0 }, seen: time, since: time, probabilities, emotion };
    this.#tracks.push(track);
    return this.#snapshot(track);
  }

  #continue(track, time, { box, probabilities }) {
    const elapsed = Math.max(time - track.seen, 1e-3);
    const centre = (b) => ({ x: b.x + b.width / 2, y: b.y + b.height / 2 });
    const [before, now] = [centre(track.box), centre(box)];
    track.velocity = { x: (now.x - before.x) / elapsed, y: (now.y - before.y) / elapsed };
    track.box = box;
    track.seen = time;
    const share = 1 - Math.exp(-elapsed / kTimeConstant);
    const smooth = (label) => track.probabilities[label] + share * (probabilities[label] - track.probabilities[label]);
    track.probabilities = Object.fromEntries(Object.keys(probabilities).map((label) => [label, smooth(label)]));
    const [best, most] = Object.entries(track.probabilities).reduce((a, b) => (b[1] > a[1] ? b : a));
    if (most > track.probabilities[track.emotion] + kMargin) track.emotion = best;
    return this.#snapshot(track);
  }

  #snapshot({ id, box, probabilities, emotion, since }) {
    return { id, box, probabilities, emotion, confidence: probabilities[emotion], since };
  }
}
