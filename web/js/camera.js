import { allowAsking, analyze, explainError } from "./api.js";
import { announce, clock, giveWay, h } from "./dom.js";
import { capitalised } from "./emotions.js";
import { grabFrame, rescaleFaces } from "./pictures.js";
import { Recording } from "./recording.js";
import { Tracker } from "./tracker.js";

const kRate = 15; // frames a second that are sent at most
const kSide = 640; // pixels of a frame's longer side
const kWindow = 60; // seconds that the timeline shows
const kKept = 1800; // seconds that are kept for the export
const kAnnounceEvery = 4; // seconds between words for screen readers

const kCameraErrors = {
  NotAllowedError: ["The camera is not allowed", "Allow it in the address bar of the browser, then start again."],
  NotFoundError: ["No camera found", "Plug one in, then start again."],
  NotReadableError: ["The camera is in use", "Another program holds it. Close that program, then start again."],
  Unplugged: ["The camera is gone", "It was unplugged or switched off. What it has shown so far is kept below."],
  Insecure: ["The browser keeps the camera closed here", "It opens it only for pages from this computer or over https."],
};

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** The next frame of a video, or soon, where the browser does not say. */
const nextFrame = (video) =>
  new Promise((resolve) => (video.requestVideoFrameCallback ? video.requestVideoFrameCallback(resolve) : requestAnimationFrame(resolve)));

/** The tab of the webcam. One frame is under way at a time: what comes meanwhile is never sent, so nothing queues. */
export class Camera {
  #video = h("video", { muted: true, playsInline: true, autoplay: true, ariaLabel: "The camera's picture" });
  #placeholder = h("div.placeholder");
  #recording = new Recording(this.#video, { placeholder: this.#placeholder });
  #start = h("button.button.primary", { type: "button", onclick: () => this.start() }, "Start the camera");
  #stop = h("button.button.primary", { type: "button", onclick: () => this.stop(), hidden: true }, "Stop");
  #device = h("select", { ariaLabel: "Camera", hidden: true, onchange: () => this.start() });
  #mirror = h("input", { type: "checkbox", checked: true, id: "mirror", role: "switch" });
  #readout = h("p.readout");
  #stream = null;
  #run = 0; // rises with each start and stop; a loop ends when it is no longer its own

  constructor(panel) {
    this.#recording.fileName = "mien-camera";
    this.#mirror.addEventListener("change", () => this.#applyMirror());
    this.#applyMirror();
    const mirror = h("label.switch", { htmlFor: "mirror" }, this.#mirror, h("span", {}, "Mirror"));
    const controls = h("div.controls", {}, this.#start, this.#stop, this.#device, mirror, this.#readout);
    const live = h("div.live", {}, h("div.live-main", {}, this.#recording.stage, controls), this.#recording.people);
    panel.append(live, this.#recording.timeline.element);
    this.#message("Look into the camera", "Your browser asks first. Frames go to the Mien server, one at a time, and are forgotten there at once.");
  }

  get actions() {
    return [this.#recording.csv, this.#recording.png];
  }

  async start() {
    this.stop();
    allowAsking();
    const run = ++this.#run;
    if (!navigator.mediaDevices) return this.#fail("Insecure");
    let stream;
    try {
      stream = await this.#open();
    } catch (error) {
      if (run === this.#run) this.#fail(error.name, error.message);
      return;
    }
    const [track] = stream.getVideoTracks();
    if (run !== this.#run) return track.stop(); // stopped while the browser asked
    this.#stream = stream;
    track.addEventListener("ended", () => (this.stop(), this.#fail("Unplugged")));
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    await this.#listDevices(track);
    if (run !== this.#run) return;
    if (track.getSettings().facingMode === "environment") this.#mirror.checked = false; // a mirror shows oneself
    this.#applyMirror();
    this.#placeholder.hidden = true;
    giveWay(this.#start, this.#stop);
    this.#recording.clear();
    announce("The camera is on");
    await this.#loop(run);
  }

  /** The camera that was chosen; where that one is gone, whichever the browser prefers. */
  async #open() {
    const open = (wanted) => navigator.mediaDevices.getUserMedia({ video: { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false });
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
    this.#recording.timeline.summarise();
    this.#readout.textContent = "";
    giveWay(this.#stop, this.#start);
    this.#message("The camera is off", "What it has shown is kept in this tab until you start again or leave.");
    announce("The camera is off");
  }

  async #loop(run) {
    const tracker = new Tracker();
    let [shown, next] = [h("canvas"), h("canvas")];
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    const took = [];
    let due = 0;
    let announced = { time: -kAnnounceEvery, text: "" };
    while (run === this.#run) {
      await nextFrame(this.#video);
      // A frame may come a little early: without the slack every second one of a 15 frames/s camera would be too early.
      const time = seconds();
      if (time < due - 0.01 || document.hidden || this.#video.videoWidth === 0) continue;
      due = Math.max(due + 1 / kRate, time);
      let answer;
      try {
        answer = await analyze(await grabFrame(this.#video, kSide, next));
      } catch (error) {
        if (run !== this.#run) return;
        const { title, text } = explainError(error);
        if (error.code === "unauthorized") {
          this.stop();
          return this.#message(title, text);
        }
        this.#recording.show([]);
        this.#readout.textContent = `${title}. ${error.code === "gone" ? "Trying again." : text}`;
        await pause(error.code === "gone" ? 1 : 2);
        continue;
      }
      if (run !== this.#run) return;
      const tracks = tracker.update(time, rescaleFaces(answer.faces, answer.width, this.#video.videoWidth));
      [shown, next] = [next, shown];
      this.#recording.show(tracks, shown);
      this.#recording.record(time, tracks, answer.labels);
      this.#recording.timeline.forgetBefore(time - kKept);
      this.#recording.timeline.setView({ from: Math.max(0, time - kWindow), to: Math.max(kWindow, time) });
      took.push({ time, delay: seconds() - time });
      announced = this.#say(time, tracks, announced);
      this.#report(took);
    }
  }

  #report(took) {
    while (took.length > 2 && took.at(-1).time - took[0].time > 2) took.shift();
    if (took.length < 3) return;
    const rate = (took.length - 1) / (took.at(-1).time - took[0].time);
    const delay = took.reduce((sum, frame) => sum + frame.delay, 0) / took.length;
    const text = `${rate.toFixed(0)} frames/s · ${(1000 * delay).toFixed(0)} ms behind · ${clock(took.at(-1).time)}`;
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }

  /** Not more often than one can listen to, and only when something has changed. */
  #say(time, tracks, before) {
    const people = tracks.map((track) => `Person ${track.id}: ${capitalised(track.emotion)}`);
    const text = people.length === 0 ? "Nobody in the picture" : people.join("; ");
    if (text === before.text || time - before.time < kAnnounceEvery) return before;
    announce(text);
    return { time, text };
  }

  async #listDevices(current) {
    const devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    const chosen = current.getSettings().deviceId;
    const option = (device, i) => h("option", { value: device.deviceId, selected: device.deviceId === chosen }, device.label || `Camera ${i + 1}`);
    this.#device.replaceChildren(...devices.map(option));
    this.#device.hidden = devices.length < 2;
  }

  #applyMirror() {
    this.#video.classList.toggle("mirrored", this.#mirror.checked);
    this.#recording.overlay.mirrored = this.#mirror.checked;
  }

  #fail(name, detail) {
    const [title, text] = kCameraErrors[name] ?? ["The camera does not start", detail || name];
    this.#message(title, text);
    announce(`${title}. ${text}`);
  }

  #message(title, text) {
    this.#placeholder.hidden = false;
    this.#placeholder.replaceChildren(h("h2", {}, title), h("p", {}, text));
  }
}
