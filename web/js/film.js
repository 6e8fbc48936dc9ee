import { allowAsking, analyze, explainError } from "./api.js";
import { announce, clock, giveWay, h, notify } from "./dom.js";
import { stem } from "./download.js";
import { grabFrame, rescaleFaces } from "./pictures.js";
import { Recording } from "./recording.js";
import { Tracker } from "./tracker.js";

const kSide = 960; // pixels of the longer side of the frames that are sent

const broken = (text) => Object.assign(new Error(text), { code: "film_broken" });

/** What a film does when it is loaded or sent to a place. Throws where it breaks there, and when `signal` fires. */
function arrival(video, type, signal) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const listen = (target, event, settle) => {
      const end = () => (listening.abort(), settle());
      target.addEventListener(event, end, { signal: listening.signal });
    };
    listen(video, type, resolve);
    listen(video, "error", () => reject(broken("the browser cannot read on here")));
    listen(signal, "abort", () => reject(signal.reason));
  });
}

/**
 * The tab of film files. The browser steps through the film in its own time, however long an answer takes, and the film can
 * be played with what was found.
 */
export class Film {
  #video = h("video", { playsInline: true, muted: true, controls: true, hidden: true, ariaLabel: "The film" });
  #placeholder = h("div.placeholder");
  #recording = new Recording(this.#video, { placeholder: this.#placeholder, onSeek: (time) => (this.#video.currentTime = time) });
  #input = h("input.visually-hidden", { type: "file", accept: "video/*", id: "film-input" });
  #rate = h("select", { id: "film-rate" }, ...[2, 5, 10, 15].map((rate) => h("option", { value: rate, selected: rate === 5 }, `${rate} a second`)));
  #stop = h("button.button", { type: "button", hidden: true, onclick: () => this.#reading.abort() }, "Stop here");
  #again = h("button.button", { type: "button", hidden: true, onclick: () => this.#analyze(this.#begin()) }, "Read again");
  #progress = h("progress", { max: 1, value: 0, hidden: true, ariaLabel: "Frames read" });
  #readout = h("p.readout");
  #reading = new AbortController(); // each opening or reading has its own
  #times = []; // of the frames read, rising
  #moments = []; // the tracks of each

  constructor(panel) {
    this.#input.addEventListener("change", () => {
      if (this.#input.files.length > 0) this.open(this.#input.files[0]);
      this.#input.value = "";
    });
    const choose = h("label.button.primary", { htmlFor: "film-input" }, "Choose a film");
    const rate = h("label.inline", { htmlFor: "film-rate" }, h("span", {}, "Frames"), this.#rate);
    const controls = h("div.controls", {}, this.#input, choose, rate, this.#stop, this.#again, this.#readout);
    const main = h("div.live-main", {}, this.#recording.stage, this.#progress, controls);
    panel.append(h("div.live", {}, main, this.#recording.people), this.#recording.timeline.element);
    this.#message("Choose or drop a film", "It is read frame by frame, as fast as this computer can, and then plays with what was found.");
    this.#follow();
  }

  get actions() {
    return [this.#recording.csv, this.#recording.png];
  }

  async open(file) {
    const signal = this.#begin();
    notify("");
    this.#working(false);
    giveWay(this.#again, this.#input); // until there is a film to read
    URL.revokeObjectURL(this.#video.src);
    this.#recording.fileName = `${stem(file.name)}-mien`;
    this.#message(file.name, "Opening the film");
    this.#video.src = URL.createObjectURL(file);
    try {
      await this.#load(signal);
    } catch {
      if (signal.aborted) return; // for another film
      this.#message("This browser cannot play this film", `The command line reads more kinds: mien video "${file.name}"`);
      announce("This browser cannot play this film");
      return;
    }
    this.#placeholder.hidden = true;
    this.#video.hidden = false;
    await this.#analyze(signal);
  }

  /** Ends what is under way, and forgets what it has found. */
  #begin() {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.#reset();
    allowAsking();
    return this.#reading.signal;
  }

  async #load(signal) {
    const video = this.#video;
    const loaded = arrival(video, "loadeddata", signal);
    video.load();
    await loaded;
    if (video.videoWidth === 0) throw broken("it has no pictures");
    if (Number.isFinite(video.duration)) return;
    // Some recorders write no duration; browsers find it when they are sent to the far end.
    const known = arrival(video, "durationchange", signal);
    video.currentTime = 1e9;
    await known;
  }

  async #analyze(signal) {
    const video = this.#video;
    const rate = Number(this.#rate.value);
    const tracker = new Tracker();
    const begin = performance.now();
    this.#working(true);
    video.pause();
    let failure = null;
    let pending = Promise.resolve();
    try {
      if (video.error) await this.#load(signal); // nothing else gets it out of that state
      const { duration } = video;
      for (let i = 0; i / rate < duration; ++i) {
        const time = i / rate;
        await this.#seekTo(time, signal);
        const frame = h("canvas");
        const picture = await grabFrame(video, kSide, frame);
        await pending; // the frame before: it was read while the film went on to this one
        pending = analyze(picture, { signal }).then((answer) => {
          if (signal.aborted) return;
          const tracks = tracker.update(time, rescaleFaces(answer.faces, answer.width, video.videoWidth));
          this.#store(time, tracks, answer.labels);
          this.#recording.show(tracks, frame);
          this.#report((i + 1) / rate, duration, (performance.now() - begin) / 1000);
        });
        pending.catch(() => {}); // it is awaited a turn later
      }
      await pending;
    } catch (error) {
      if (!signal.aborted) failure = explainError(error);
    }
    if (signal === this.#reading.signal) this.#finish(failure);
  }

  #working(now) {
    this.#video.controls = !now;
    this.#progress.hidden = !now;
    this.#recording.timeline.frozen = now; // a seek would take the place of the reading's own
    if (now) giveWay(this.#again, this.#stop);
    else giveWay(this.#stop, this.#again);
    this.#rate.disabled = now;
  }

  #finish(failure) {
    this.#working(false);
    this.#recording.timeline.summarise();
    const read = `${this.#times.length} frames read`;
    const last = this.#times.at(-1) ?? 0;
    const found = this.#recording.timeline.people.size === 0 ? `${read}: no face found` : read;
    const text = failure ? `${failure.title}, after ${read}. ${failure.text}` : found;
    this.#readout.textContent = text;
    announce(text);
    this.#recording.timeline.setView({ from: 0, to: this.#video.duration || 0, playhead: 0 });
    this.#video.currentTime = Math.min(last, this.#firstFace());
  }

  #firstFace() {
    return this.#times[this.#moments.findIndex((tracks) => tracks.length > 0)] ?? 0;
  }

  #store(time, tracks, labels) {
    this.#times.push(time);
    this.#moments.push(tracks);
    this.#recording.record(time, tracks, labels);
    this.#recording.timeline.setView({ from: 0, to: this.#video.duration, playhead: time });
  }

  #report(done, duration, elapsed) {
    this.#progress.value = done / duration;
    const left = (elapsed * (duration - done)) / done;
    this.#readout.textContent = `${clock(Math.min(done, duration))} of ${clock(duration)} · about ${clock(left + 0.5)} left`;
  }

  /** Also to where the film stands already: only a seek makes the browser decode the very first frame. */
  async #seekTo(time, signal) {
    const there = arrival(this.#video, "seeked", signal);
    this.#video.currentTime = time;
    await there;
  }

  /** While the film plays, shows what was found at its place. */
  #follow() {
    const video = this.#video;
    const update = () => {
      if (!this.#progress.hidden || this.#times.length === 0) return;
      this.#recording.show(this.#momentAt(video.currentTime), video);
      this.#recording.timeline.setView({ from: 0, to: video.duration, playhead: video.currentTime });
    };
    video.addEventListener("seeked", update);
    const eachFrame = () => {
      update();
      if (!video.paused) requestAnimationFrame(eachFrame);
    };
    video.addEventListener("play", eachFrame);
  }

  /** The tracks at a time; between two frames that were read, boxes move from one to the other. */
  #momentAt(time) {
    const after = this.#times.findIndex((other) => other > time);
    const index = after < 0 ? this.#times.length - 1 : Math.max(0, after - 1);
    const here = this.#moments[index];
    const next = this.#moments[index + 1];
    if (!next) return here;
    const share = (time - this.#times[index]) / (this.#times[index + 1] - this.#times[index]);
    return here.map((track) => {
      const later = next.find((other) => other.id === track.id);
      if (!later) return track;
      const between = (key) => track.box[key] + share * (later.box[key] - track.box[key]);
      return { ...track, box: { x: between("x"), y: between("y"), width: between("width"), height: between("height") } };
    });
  }

  #reset() {
    this.#times = [];
    this.#moments = [];
    this.#recording.clear();
    this.#progress.value = 0;
    this.#readout.textContent = "";
  }

  #message(title, text) {
    this.#video.hidden = true;
    this.#placeholder.hidden = false;
    this.#placeholder.replaceChildren(h("h2", {}, title), h("p", {}, text));
  }
}
