import { allowTokenPrompt, describeError } from "./api.js";
import { announce, clock, h, notify, plural, replaceControl } from "./dom.js";
import { stem } from "./download.js";
import { interpolateBox } from "./boxes.js";
import { grabFrame } from "./images.js";
import { LiveSession } from "./live_session.js";
import { Recording } from "./recording.js";

const kFrameRates = [2, 5, 10, 15]; // frames per second of video, to choose from
const kMaxSide = 960; // pixels, of the longer side of a frame sent to the server

const brokenVideo = (text) => Object.assign(new Error(text), { code: "video_broken" });

/** Resolves when the video fires the event. Rejects if the video fails first, or when `signal` fires. */
function waitForEvent(video, type, signal) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const listeners = new AbortController();
    const listen = (target, event, settle) => {
      const end = () => (listeners.abort(), settle());
      target.addEventListener(event, end, { signal: listeners.signal });
    };
    listen(video, type, resolve);
    listen(video, "error", () => reject(brokenVideo("the browser failed to decode the video")));
    listen(signal, "abort", () => reject(signal.reason));
  });
}

/** The Video tab. The browser steps through the file as fast as the server responds, then plays it with the results. */
export class VideoTab {
  #video = h("video", { playsInline: true, muted: true, controls: true, hidden: true, ariaLabel: "Video" });
  #placeholder = h("div.placeholder");
  #recording = new Recording(this.#video, { placeholder: this.#placeholder, onSeek: (time) => (this.#video.currentTime = time) });
  #input = h("input.visually-hidden", { type: "file", accept: "video/*", id: "video-input" });
  #rate = h("select", { id: "video-rate" }, ...kFrameRates.map((rate) => h("option", { value: rate, selected: rate === 5 }, `${rate} fps`)));
  #stop = h("button.button", { type: "button", hidden: true, onclick: () => this.#abort.abort() }, "Stop");
  #again = h("button.button", { type: "button", hidden: true, onclick: () => this.#analyze(this.#begin()) }, "Analyze again");
  #progress = h("progress", { max: 1, value: 0, hidden: true, ariaLabel: "Progress" });
  #readout = h("p.readout");
  #abort = new AbortController(); // of the current opening or analysis
  #times = []; // of the analyzed frames, increasing
  #tracks = []; // of each analyzed frame

  constructor(panel) {
    this.#input.addEventListener("change", () => {
      if (this.#input.files.length > 0) this.open(this.#input.files[0]);
      this.#input.value = "";
    });
    const choose = h("label.button.primary", { htmlFor: "video-input" }, "Choose video");
    const rate = h("label.inline", { htmlFor: "video-rate" }, h("span", {}, "Frame rate"), this.#rate);
    const controls = h("div.controls", {}, this.#input, choose, rate, this.#stop, this.#again, this.#readout);
    const main = h("div.live-main", {}, this.#recording.stage, this.#progress, controls);
    panel.append(h("div.live", {}, main, this.#recording.people), this.#recording.timeline.element);
    this.#message("Choose or drop a video", "Mien analyzes it frame by frame. Then you can play it with the results.");
    this.#followPlayback();
  }

  get actions() {
    return this.#recording.actions;
  }

  async open(file) {
    const signal = this.#begin();
    notify("");
    this.#setAnalyzing(false);
    replaceControl(this.#again, this.#input); // until a video is loaded
    URL.revokeObjectURL(this.#video.src);
    this.#recording.fileName = `${stem(file.name)}-mien`;
    this.#message(file.name, "Opening the video…");
    this.#video.src = URL.createObjectURL(file);
    try {
      await this.#load(signal);
    } catch {
      if (signal.aborted) return; // another video was opened
      const title = "This browser cannot play this video";
      this.#message(title, `The command line supports more formats: mien video "${file.name}"`);
      announce(title);
      return;
    }
    this.#placeholder.hidden = true;
    this.#video.hidden = false;
    await this.#analyze(signal);
  }

  /** Aborts the current analysis and removes its results. */
  #begin() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#times = [];
    this.#tracks = [];
    this.#recording.clear();
    this.#progress.value = 0;
    this.#readout.textContent = "";
    allowTokenPrompt();
    return this.#abort.signal;
  }

  async #load(signal) {
    const video = this.#video;
    const loaded = waitForEvent(video, "loadeddata", signal);
    video.load();
    await loaded;
    if (video.videoWidth === 0) throw brokenVideo("the file has no video track");
    if (Number.isFinite(video.duration)) return;
    // Some recorders write no duration. Browsers determine it when they seek past the end.
    const known = waitForEvent(video, "durationchange", signal);
    video.currentTime = 1e9;
    await known;
  }

  async #analyze(signal) {
    const video = this.#video;
    const rate = Number(this.#rate.value);
    const session = new LiveSession();
    const begin = performance.now();
    this.#setAnalyzing(true);
    video.pause();
    let failure = null;
    let pending = Promise.resolve();
    try {
      if (video.error) await this.#load(signal); // only loading clears the error
      const { duration } = video;
      for (let i = 0; i / rate < duration; ++i) {
        const time = i / rate;
        await this.#seekTo(time, signal);
        const frame = h("canvas");
        const image = await grabFrame(video, kMaxSide, frame);
        await pending; // the previous frame, which the server analyzed during the seek
        pending = session.analyze(image, time, video.videoWidth, { signal }).then(({ tracks, labels }) => {
          if (signal.aborted) return;
          this.#store(time, tracks, labels);
          this.#recording.show(tracks, frame);
          this.#showProgress((i + 1) / rate, duration, (performance.now() - begin) / 1000);
        });
        pending.catch(() => {}); // handled when it is awaited
      }
      await pending;
    } catch (error) {
      if (!signal.aborted) failure = describeError(error);
    }
    if (signal === this.#abort.signal) this.#finish(failure);
  }

  #setAnalyzing(now) {
    this.#video.controls = !now;
    this.#progress.hidden = !now;
    this.#recording.timeline.frozen = now; // the user's seeks would disturb those of the analysis
    if (now) replaceControl(this.#again, this.#stop);
    else replaceControl(this.#stop, this.#again);
    this.#rate.disabled = now;
  }

  #finish(failure) {
    this.#setAnalyzing(false);
    this.#recording.timeline.summarize();
    const count = `${plural(this.#times.length, "frame")} analyzed`;
    const summary = this.#recording.timeline.people.size === 0 ? `${count}, no face found` : count;
    const text = failure ? `${failure.title}. ${failure.text} ${count} before that.` : summary;
    this.#readout.textContent = text;
    announce(text);
    this.#recording.timeline.setView({ from: 0, to: this.#video.duration || 0, playhead: 0 });
    this.#video.currentTime = this.#firstFaceTime();
  }

  #firstFaceTime() {
    return this.#times[this.#tracks.findIndex((tracks) => tracks.length > 0)] ?? 0;
  }

  #store(time, tracks, labels) {
    this.#times.push(time);
    this.#tracks.push(tracks);
    this.#recording.record(time, tracks, labels);
    this.#recording.timeline.setView({ from: 0, to: this.#video.duration, playhead: time });
  }

  #showProgress(done, duration, elapsed) {
    this.#progress.value = done / duration;
    const remaining = (elapsed * (duration - done)) / done;
    this.#readout.textContent = `${clock(Math.min(done, duration))} of ${clock(duration)} · about ${clock(remaining + 0.5)} left`;
  }

  /** Seeks even to the current position: browsers decode the very first frame only on a seek. */
  async #seekTo(time, signal) {
    const seeked = waitForEvent(this.#video, "seeked", signal);
    this.#video.currentTime = time;
    await seeked;
  }

  /** During playback and after seeks, shows the results at the current time. */
  #followPlayback() {
    const video = this.#video;
    const update = () => {
      if (!this.#progress.hidden || this.#times.length === 0) return;
      this.#recording.show(this.#tracksAt(video.currentTime), video);
      this.#recording.timeline.setView({ from: 0, to: video.duration, playhead: video.currentTime });
    };
    video.addEventListener("seeked", update);
    const eachFrame = () => {
      update();
      if (!video.paused) requestAnimationFrame(eachFrame);
    };
    video.addEventListener("play", eachFrame);
  }

  /** The tracks at a time; boxes are interpolated between analyzed frames. */
  #tracksAt(time) {
    const after = this.#times.findIndex((other) => other > time);
    const index = after < 0 ? this.#times.length - 1 : Math.max(0, after - 1);
    const here = this.#tracks[index];
    const next = this.#tracks[index + 1];
    if (!next) return here;
    const fraction = (time - this.#times[index]) / (this.#times[index + 1] - this.#times[index]);
    return here.map((track) => {
      const later = next.find((other) => other.id === track.id);
      return later ? { ...track, box: interpolateBox(track.box, later.box, fraction) } : track;
    });
  }

  #message(title, text) {
    this.#video.hidden = true;
    this.#placeholder.hidden = false;
    this.#placeholder.replaceChildren(h("h2", {}, title), h("p", {}, text));
  }
}
