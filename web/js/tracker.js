import { mostProbable } from "./emotions.js";

// These four are the same as those of `mien video`.
const kMemory = 2; // seconds that a face may be away and still get its number back
const kTimeConstant = 0.2; // seconds in which a probability goes 63 % of the way to a new one
const kMargin = 0.1; // by which another label must lead before a face changes its own
const kLeastOverlap = 0.2;
const kMostDistance = 1.2; // between centres, in face sizes, for faces that do not overlap
const kMostGrowth = 1.5;

function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}

const sizeOf = (box) => Math.sqrt(box.width * box.height);
const centreOf = (box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

/** How well a face lies where a track should be: over 1 where they overlap, below where they are only near, 0: not at all. */
function affinity(expected, box) {
  const shared = overlap(expected, box);
  if (shared >= kLeastOverlap) return 1 + shared;
  const [a, b] = [centreOf(expected), centreOf(box)];
  const [small, large] = [sizeOf(expected), sizeOf(box)].sort((x, y) => x - y);
  const distance = Math.hypot(a.x - b.x, a.y - b.y) / small;
  return large / small > kMostGrowth || distance >= kMostDistance ? 0 : 1 - distance / kMostDistance;
}

/**
 * Gives faces the same number from frame to frame, smooths their probabilities and keeps labels from flickering. The server
 * keeps no state, so this is the page's part. Faces are matched greedily, best first, with where their tracks should be.
 */
export class Tracker {
  #tracks = [];
  #nextId = 1;

  /**
   * `faces` of the frame at `time` (seconds, rising). Returns those tracks that are in this frame:
   * {id, box, probabilities, emotion, confidence}.
   */
  update(time, faces) {
    this.#tracks = this.#tracks.filter((track) => time - track.seen <= kMemory);
    const pairs = [];
    for (const track of this.#tracks) {
      const expected = this.#predict(track, time);
      for (const face of faces) {
        const score = affinity(expected, face.box);
        if (score > 0) pairs.push({ track, face, score });
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
    const track = { id: this.#nextId++, box, velocity: { x: 0, y: 0 }, seen: time, probabilities, emotion };
    this.#tracks.push(track);
    return snapshot(track);
  }

  #continue(track, time, { box, probabilities }) {
    const elapsed = Math.max(time - track.seen, 1e-3);
    const [before, now] = [centreOf(track.box), centreOf(box)];
    track.velocity = { x: (now.x - before.x) / elapsed, y: (now.y - before.y) / elapsed };
    track.box = box;
    track.seen = time;
    const share = 1 - Math.exp(-elapsed / kTimeConstant);
    const smooth = (label) => track.probabilities[label] + share * (probabilities[label] - track.probabilities[label]);
    track.probabilities = Object.fromEntries(Object.keys(probabilities).map((label) => [label, smooth(label)]));
    const best = mostProbable(track.probabilities);
    if (track.probabilities[best] > track.probabilities[track.emotion] + kMargin) track.emotion = best;
    return snapshot(track);
  }
}

const snapshot = ({ id, box, probabilities, emotion }) => ({ id, box, probabilities, emotion, confidence: probabilities[emotion] });
