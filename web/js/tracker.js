import { mostProbable } from "./emotions.js";

// The first four are those of `mien video`.
const kMaxGap = 2; // seconds a face may be out of view and still keep its track
const kTimeConstant = 0.2; // seconds; smooths probabilities exponentially
const kSwitchMargin = 0.1; // by which another label must lead before the predicted label changes
const kMinOverlap = 0.2; // intersection over union
const kMaxDistance = 1.2; // between the centers of faces that do not overlap, in sizes of the smaller face
const kMaxGrowth = 1.5; // ratio of the sizes of faces that do not overlap

/** Intersection over union. */
function overlap(a, b) {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

const sizeOf = (box) => Math.sqrt(box.width * box.height);
const centerOf = (box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

/** How well a face matches the predicted box of a track: over 1 if they overlap, up to 1 if they are only near, 0 if neither. */
function matchScore(expected, box) {
  const iou = overlap(expected, box);
  if (iou >= kMinOverlap) return 1 + iou;
  const [a, b] = [centerOf(expected), centerOf(box)];
  const [small, large] = [sizeOf(expected), sizeOf(box)].sort((x, y) => x - y);
  const distance = Math.hypot(a.x - b.x, a.y - b.y) / small;
  return large / small > kMaxGrowth || distance >= kMaxDistance ? 0 : 1 - distance / kMaxDistance;
}

/**
 * Tracks faces from frame to frame, smooths their probabilities and prevents flickering labels. The server keeps no state, so
 * the page does this. Matches faces greedily, best first, to the predicted boxes of the tracks.
 */
export class Tracker {
  #tracks = [];
  #nextId = 1;

  /**
   * Updates the tracks with the faces of the frame at `time` (seconds, increasing). Returns the tracks in this frame:
   * {id, box, probabilities, emotion, confidence}.
   */
  update(time, faces) {
    this.#tracks = this.#tracks.filter((track) => time - track.lastTime <= kMaxGap);
    const pairs = [];
    for (const track of this.#tracks) {
      const expected = this.#predict(track, time);
      for (const face of faces) {
        const score = matchScore(expected, face.box);
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

  #predict({ box, velocity, lastTime }, time) {
    const elapsed = Math.min(time - lastTime, 0.5);
    return { ...box, x: box.x + velocity.x * elapsed, y: box.y + velocity.y * elapsed };
  }

  #begin(time, { box, probabilities, emotion }) {
    const track = { id: this.#nextId++, box, velocity: { x: 0, y: 0 }, lastTime: time, probabilities, emotion };
    this.#tracks.push(track);
    return snapshot(track);
  }

  #continue(track, time, { box, probabilities }) {
    const elapsed = Math.max(time - track.lastTime, 1e-3);
    const [previous, current] = [centerOf(track.box), centerOf(box)];
    track.velocity = { x: (current.x - previous.x) / elapsed, y: (current.y - previous.y) / elapsed };
    track.box = box;
    track.lastTime = time;
    const weight = 1 - Math.exp(-elapsed / kTimeConstant);
    const smooth = (label) => track.probabilities[label] + weight * (probabilities[label] - track.probabilities[label]);
    track.probabilities = Object.fromEntries(Object.keys(probabilities).map((label) => [label, smooth(label)]));
    const best = mostProbable(track.probabilities);
    if (track.probabilities[best] > track.probabilities[track.emotion] + kSwitchMargin) track.emotion = best;
    return snapshot(track);
  }
}

const snapshot = ({ id, box, probabilities, emotion }) => ({ id, box, probabilities, emotion, confidence: probabilities[emotion] });
