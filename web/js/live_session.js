import { analyzeFrame } from "./api.js";
import { rescaleFaces } from "./images.js";

/** A random name; crypto.randomUUID() does not exist on pages without https. */
const randomName = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Frames of a camera or a video, in which the server follows people from frame to frame (docs/http-api.md). */
export class LiveSession {
  #name = randomName();
  #frames = 0;
  #maxId = 0;
  #idOffset = 0;

  /**
   * The people in a frame, {tracks, labels}; a track's boxes are in pixels of a frame `width` pixels wide. Call this for one frame
   * after the other, with increasing times in seconds.
   */
  async analyze(image, time, width, options) {
    const response = await analyzeFrame(image, this.#name, time, options);
    // The server forgot the session, because it was restarted or no frame came for a while: its numbers start again.
    if (response.frame === 1 && this.#frames > 0) this.#idOffset = this.#maxId;
    ++this.#frames;
    const toTrack = ({ track, box, detected, emotion, confidence, probabilities, quality }) => ({
      id: this.#idOffset + track, box, detected, emotion, confidence, probabilities,
      quality: { ...quality, size: Math.max(box.width, box.height) },
    });
    const tracks = rescaleFaces(response.faces, response.width, width).map(toTrack);
    this.#maxId = Math.max(this.#maxId, ...tracks.map((track) => track.id));
    return { tracks, labels: response.labels };
  }
}
