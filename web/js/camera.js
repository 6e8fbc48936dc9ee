import { allowTokenPrompt, describeError } from "./api.js";
import { announce, clock, h, replaceControl } from "./dom.js";
import { capitalized } from "./emotions.js";
import { grabFrame } from "./images.js";
import { LiveSession } from "./live_session.js";
import { Recording } from "./recording.js";

const kMaxFrameRate = 15; // frames per second sent to the server
const kMaxSide = 640; // pixels, of the longer side of a frame
const kTimelineSeconds = 60; // shown by the timeline
const kHistorySeconds = 1800; // kept for export
const kAnnounceInterval = 4; // seconds between messages to screen readers

const kCameraErrors = {
  NotAllowedError: ["Camera access denied", "Allow it in the address bar of the browser, then start again."],
  NotFoundError: ["No camera found", "Connect a camera, then start again."],
  NotReadableError: ["The camera is in use", "Close the other program that uses it, then start again."],
  Disconnected: ["Camera disconnected", "The results so far are still available below."],
  InsecureContext: ["The browser blocks the camera here", "Open this page over https, or on the computer that runs mien serve."],
};

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Resolves at the next frame of the video, or of the screen if the browser does not report video frames. */
const nextFrame = (video) =>
  new Promise((resolve) => (video.requestVideoFrameCallback ? video.requestVideoFrameCallback(resolve) : requestAnimationFrame(resolve)));

/** The Camera tab. One request is pending at a time; frames that arrive meanwhile are dropped, so nothing queues. */
export class CameraTab {
  #video = h("video", { muted: true, playsInline: true, autoplay: true, ariaLabel: "Camera image" });
  #placeholder = h("div.placeholder");
  #recording = new Recording(this.#video, { placeholder: this.#placeholder });
  #start = h("button.button.primary", { type: "button", onclick: () => this.start() }, "Start camera");
  #stop = h("button.button.primary", { type: "button", onclick: () => this.stop(), hidden: true }, "Stop");
  #device = h("select", { ariaLabel: "Camera", hidden: true, onchange: () => this.start() });
  #mirror = h("input", { type: "checkbox", checked: true, id: "mirror", role: "switch" });
  #readout = h("p.readout");
  #stream = null;
  #run = 0; // increases with each start and stop; a loop of an older run ends

  constructor(panel) {
    this.#recording.fileName = "mien-camera";
    this.#mirror.addEventListener("change", () => this.#applyMirror());
    this.#applyMirror();
    const mirror = h("label.switch", { htmlFor: "mirror" }, this.#mirror, h("span", {}, "Mirror image"));
    const controls = h("div.controls", {}, this.#start, this.#stop, this.#device, mirror, this.#readout);
    const live = h("div.live", {}, h("div.live-main", {}, this.#recording.stage, controls), this.#recording.people);
    panel.append(live, this.#recording.timeline.element);
    this.#message("Use your camera",
      "Your browser asks for permission first. The Mien server analyzes one frame at a time and does not keep it.");
  }

  get actions() {
    return this.#recording.actions;
  }

  async start() {
    this.stop();
    allowTokenPrompt();
    const run = ++this.#run;
    if (!navigator.mediaDevices) return this.#fail("InsecureContext");
    let stream;
    try {
      stream = await this.#open();
    } catch (error) {
      if (run === this.#run) this.#fail(error.name, error.message);
      return;
    }
    const [track] = stream.getVideoTracks();
    if (run !== this.#run) return track.stop(); // stopped while the browser asked for permission
    this.#stream = stream;
    track.addEventListener("ended", () => (this.stop(), this.#fail("Disconnected")));
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    await this.#listDevices(track);
    if (run !== this.#run) return;
    if (track.getSettings().facingMode === "environment") this.#mirror.checked = false; // mirror only the user's own face
    this.#applyMirror();
    this.#placeholder.hidden = true;
    replaceControl(this.#start, this.#stop);
    this.#recording.clear();
    announce("The camera is on");
    await this.#loop(run);
  }

  /** Opens the selected camera, or the browser's default if that one is no longer available. */
  async #open() {
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    const open = (constraints) => navigator.mediaDevices.getUserMedia({ video: { ...constraints, ...size }, audio: false });
    const deviceId = this.#device.value;
    try {
      return await open(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" });
    } catch (error) {
      if (!deviceId || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
      this.#device.replaceChildren();
      this.#device.hidden = true;
      return open({ facingMode: "user" });
    }
  }

  stop() {
    ++this.#run;
    if (!this.#stream) return;
    this.#stream.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#video.srcObject = null;
    this.#recording.timeline.summarize();
    this.#readout.textContent = "";
    replaceControl(this.#stop, this.#start);
    this.#message("The camera is off", "Results stay here until you start again or close this page.");
    announce("The camera is off");
  }

  async #loop(run) {
    const session = new LiveSession();
    let [shown, next] = [h("canvas"), h("canvas")];
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    const timings = [];
    let due = 0;
    let announced = { time: -kAnnounceInterval, text: "" };
    while (run === this.#run) {
      await nextFrame(this.#video);
      // Without the tolerance, a camera of 15 frames/s would lose every second frame for being slightly early.
      const time = seconds();
      if (time < due - 0.01 || document.hidden || this.#video.videoWidth === 0) continue;
      due = Math.max(due + 1 / kMaxFrameRate, time);
      let response;
      try {
        response = await session.analyze(await grabFrame(this.#video, kMaxSide, next), time, this.#video.videoWidth);
      } catch (error) {
        if (run !== this.#run) return;
        const { title, text } = describeError(error);
        if (error.code === "unauthorized") {
          this.stop();
          return this.#message(title, text);
        }
        const unreachable = error.code === "unreachable";
        this.#recording.show([]);
        this.#readout.textContent = `${title}. ${unreachable ? "Retrying…" : text}`;
        await pause(unreachable ? 1 : 2);
        continue;
      }
      if (run !== this.#run) return;
      const { tracks, labels } = response;
      [shown, next] = [next, shown];
      this.#recording.show(tracks, shown);
      this.#recording.record(time, tracks, labels);
      this.#recording.timeline.forgetBefore(time - kHistorySeconds);
      this.#recording.timeline.setView({ from: Math.max(0, time - kTimelineSeconds), to: Math.max(kTimelineSeconds, time) });
      timings.push({ time, latency: seconds() - time });
      announced = this.#announceTracks(time, tracks, announced);
      this.#showTimings(timings);
    }
  }

  /** Shows frame rate and latency, averaged over the last two seconds. */
  #showTimings(timings) {
    while (timings.length > 2 && timings.at(-1).time - timings[0].time > 2) timings.shift();
    if (timings.length < 3) return;
    const rate = (timings.length - 1) / (timings.at(-1).time - timings[0].time);
    const latency = timings.reduce((sum, timing) => sum + timing.latency, 0) / timings.length;
    const text = `${rate.toFixed(0)} frames/s · ${(1000 * latency).toFixed(0)} ms latency · ${clock(timings.at(-1).time)}`;
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }

  /** Announces changes, but not more often than a screen reader can speak. Returns the last announcement. */
  #announceTracks(time, tracks, previous) {
    const people = tracks.map((track) => `Person ${track.id}: ${capitalized(track.emotion)}`);
    const text = people.length === 0 ? "No face in view" : people.join("; ");
    if (text === previous.text || time - previous.time < kAnnounceInterval) return previous;
    announce(text);
    return { time, text };
  }

  async #listDevices(current) {
    const devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    const selectedId = current.getSettings().deviceId;
    const option = ({ deviceId, label }, i) =>
      h("option", { value: deviceId, selected: deviceId === selectedId }, label || `Camera ${i + 1}`);
    this.#device.replaceChildren(...devices.map(option));
    this.#device.hidden = devices.length < 2;
  }

  #applyMirror() {
    this.#video.classList.toggle("mirrored", this.#mirror.checked);
    this.#recording.overlay.mirrored = this.#mirror.checked;
  }

  #fail(name, detail) {
    const [title, text] = kCameraErrors[name] ?? ["The camera failed to start", detail || name];
    this.#message(title, text);
    announce(`${title}. ${text}`);
  }

  #message(title, text) {
    this.#placeholder.hidden = false;
    this.#placeholder.replaceChildren(h("h2", {}, title), h("p", {}, text));
  }
}
