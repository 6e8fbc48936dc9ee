// Camera and film: Chromium's fake camera shows a clip of a photograph with three people, under a moving window.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { downloaded, makeClip, openPage, pngSize, scratch, startBrowser, startServer } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await startServer();
  const clip = makeClip("camera.mjpeg", { codec: ["-c:v", "mjpeg", "-q:v", "4"] });
  browser = await startBrowser("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${clip}`);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const makeFilm = () => makeClip("film.webm", { seconds: 3, codec: ["-c:v", "libvpx", "-b:v", "1M"] });

async function readFilm(page, path, { done = /\d+ frames read/ } = {}) {
  await page.getByRole("tab", { name: "Film" }).click();
  await page.setInputFiles("#film-input", path);
  await page.locator("#film .readout", { hasText: done }).waitFor();
}

const parse = (bytes) => bytes.toString().trim().split("\n").map((line) => line.split(","));

test("the camera: live boxes and bars, a timeline, and both exports after it has stopped", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  await page.getByRole("button", { name: "Start the camera" }).click();
  const people = page.locator("#camera .people .face");
  await people.first().waitFor();
  await page.locator("#camera .timeline").waitFor();
  await page.locator("#camera .readout", { hasText: /\d+ frames\/s · \d+ ms behind/ }).waitFor();
  const painted = await page.locator("#camera .overlay").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, i) => i % 4 === 3 && value > 0);
  });
  assert.ok(painted, "boxes over the picture");
  assert.equal(await page.locator(":focus").innerText(), "Stop");
  await page.keyboard.press("Enter");
  assert.ok(await page.getByRole("heading", { name: "The camera is off" }).isVisible());
  assert.equal(await page.locator(":focus").innerText(), "Start the camera");
  assert.equal(await page.locator("#camera video").evaluate((video) => video.srcObject), null);

  const csv = await downloaded(page, () => page.getByRole("button", { name: "Export CSV" }).click());
  assert.equal(csv.name, "mien-camera.csv");
  const [head, ...rows] = parse(csv.bytes);
  assert.deepEqual(head.slice(0, 10), ["time", "frame", "track", "x", "y", "width", "height", "detected", "emotion", "confidence"]);
  assert.ok(rows.length >= 3);
  for (const row of rows) {
    assert.equal(row.length, head.length);
    const sum = row.slice(10).reduce((total, value) => total + Number(value), 0);
    assert.ok(Math.abs(sum - 1) < 1e-3, "probabilities");
  }
  const png = await downloaded(page, () => page.getByRole("button", { name: "Save PNG" }).click());
  assert.equal(pngSize(png.bytes).width, 2400);
  await page.done();
});

test("leaving the tab switches the camera off", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  await page.getByRole("button", { name: "Start the camera" }).click();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.getByRole("tab", { name: "Photos" }).click();
  assert.equal(await page.locator("#camera video").evaluate((video) => video.srcObject), null);
  await page.done();
});

test("the camera says what is wrong and goes on when the server is back", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  await page.route("**/v1/analyze", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Start the camera" }).click();
  await page.locator("#camera .readout", { hasText: "The server does not answer. Trying again." }).waitFor();
  await page.unroute("**/v1/analyze");
  await page.locator("#camera .people .face").first().waitFor();
  await page.done();
});

test("no camera, or one that is not allowed, is told in words", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  for (const [name, title] of [["NotAllowedError", "The camera is not allowed"], ["NotFoundError", "No camera found"], ["NotReadableError", "The camera is in use"]]) {
    await page.evaluate((error) => (navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", error))), name);
    await page.getByRole("button", { name: "Start the camera" }).click();
    await page.getByRole("heading", { name: title }).waitFor();
  }
  await page.done();
});

test("where the camera that was chosen is gone, another one starts", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  const start = page.getByRole("button", { name: "Start the camera" });
  const stop = page.getByRole("button", { name: "Stop" });
  await start.click();
  await stop.click();
  await page.evaluate(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const gone = () => Promise.reject(new DOMException("", "OverconstrainedError"));
    navigator.mediaDevices.getUserMedia = (wanted) => (wanted.video.deviceId ? gone() : open(wanted));
  });
  await start.click();
  await stop.click();
  await page.evaluate(() => (navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "OverconstrainedError"))));
  await start.click();
  await page.locator("#camera .placeholder", { hasText: "OverconstrainedError" }).waitFor(); // whose message is empty
  await page.done();
});

test("a camera that is unplugged keeps what it has shown", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  await page.getByRole("button", { name: "Start the camera" }).click();
  await page.locator("#camera .timeline").waitFor();
  await page.locator("#camera video").evaluate((video) => video.srcObject.getVideoTracks()[0].dispatchEvent(new Event("ended")));
  await page.getByRole("heading", { name: "The camera is gone" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Export CSV" }).isEnabled());
  await page.done();
});

test("a film is read in the browser's own time, keeps people apart, and plays with what was found", async () => {
  const page = await openPage(browser, server.url);
  await readFilm(page, makeFilm());
  assert.match(await page.locator("#film .readout").innerText(), /^1[56] frames read$/); // 3 seconds and a frame, 5 a second
  const csv = await downloaded(page, () => page.getByRole("button", { name: "Export CSV" }).click());
  assert.equal(csv.name, "film-mien.csv");
  const [, ...rows] = parse(csv.bytes);
  const perPerson = new Map();
  for (const row of rows) perPerson.set(row[2], [...(perPerson.get(row[2]) ?? []), row]);
  for (const [person, samples] of perPerson) assert.ok(samples.length >= 5, `person ${person} is seen ${samples.length} times: numbers are kept`);
  assert.ok(perPerson.size >= 2 && perPerson.size <= 4, `${perPerson.size} people`);
  assert.equal(await page.locator("#film .table tbody tr").count(), perPerson.size);

  const slider = page.getByRole("slider", { name: "Position in the film" });
  await slider.focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector("#film video").currentTime > 2.5);
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector("#film video").currentTime < 0.1);
  await page.locator("#film .people .face").first().waitFor();
  const png = await downloaded(page, () => page.getByRole("button", { name: "Save PNG" }).click());
  assert.equal(pngSize(png.bytes).width, 2400);
  await page.done();
});

test("reading a film can be stopped; what was read stays", async () => {
  const page = await openPage(browser, server.url, { path: "#film" });
  await page.setInputFiles("#film-input", makeFilm());
  await page.waitForFunction(() => document.querySelector("#film progress").value > 0.2);
  await page.getByRole("button", { name: "Stop here" }).click();
  await page.locator("#film .readout", { hasText: /^\d+ frames read/ }).waitFor();
  assert.equal(await page.locator(":focus").innerText(), "Read again");
  assert.ok(await page.getByRole("button", { name: "Export CSV" }).isEnabled());
  await page.done();
});

/** Lets the server read so many frames; the others wait until the function that this gives is called. */
async function holdAfter(page, frames) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/analyze", async (route) => {
    if (--frames < 0) await released;
    await route.continue().catch(() => {}); // the page may have given it up
  });
  return release;
}

test("while a film is read, the timeline does not take it elsewhere", async () => {
  const page = await openPage(browser, server.url, { path: "#film" });
  const release = await holdAfter(page, 5);
  await page.setInputFiles("#film-input", makeFilm());
  const slider = page.getByRole("slider", { name: "Position in the film", disabled: true });
  await slider.waitFor();
  const moved = await slider.evaluate((lanes) => {
    const video = document.querySelector("#film video");
    const before = video.currentTime;
    lanes.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
    return video.currentTime - before;
  });
  assert.equal(moved, 0);
  release();
  await page.locator("#film .readout", { hasText: /^1[56] frames read$/ }).waitFor();
  await page.done();
});

test("a film that is opened while another is read takes its place, though it cannot be played", async () => {
  const page = await openPage(browser, server.url, { path: "#film" });
  const release = await holdAfter(page, 5);
  await page.setInputFiles("#film-input", makeFilm());
  await page.locator("#film .timeline").waitFor();
  const broken = join(scratch, "broken.webm");
  writeFileSync(broken, Buffer.alloc(5000, 7));
  await page.setInputFiles("#film-input", broken);
  const heading = page.getByRole("heading", { name: "This browser cannot play this film" });
  await heading.waitFor();
  release();
  await page.waitForTimeout(500); // in which the first film would go on
  assert.ok(await heading.isVisible());
  assert.equal(await page.locator("#film .readout").innerText(), "");
  for (const name of ["Stop here", "Read again"]) assert.ok(await page.getByRole("button", { name }).isHidden());
  await page.done();
});

test("a film that never arrives where it is sent can be stopped", async () => {
  const page = await openPage(browser, server.url, { path: "#film" });
  await page.evaluate(() => Object.defineProperty(HTMLMediaElement.prototype, "currentTime", { get: () => 0, set() {} }));
  await page.setInputFiles("#film-input", makeFilm());
  await page.getByRole("button", { name: "Stop here" }).click();
  await page.locator("#film .readout", { hasText: "0 frames read" }).waitFor();
  await page.done();
});

test("a film that broke while it was read is loaded anew to be read again", async () => {
  const page = await openPage(browser, server.url, { path: "#film" });
  const video = page.locator("#film video");
  await video.evaluate((video) => Object.defineProperty(video, "currentTime", { get: () => 0, set() {}, configurable: true }));
  await page.setInputFiles("#film-input", makeFilm());
  await page.getByRole("button", { name: "Stop here" }).waitFor();
  await video.evaluate((video) => {
    Object.defineProperty(video, "error", { get: () => new Error("no picture here"), configurable: true });
    video.addEventListener("loadstart", () => delete video.error && delete video.currentTime);
    video.dispatchEvent(new Event("error"));
  });
  await page.locator("#film .readout", { hasText: /^This film is damaged, after 0 frames read/ }).waitFor();
  await page.getByRole("button", { name: "Read again" }).click();
  await page.locator("#film .readout", { hasText: /^1[56] frames read$/ }).waitFor();
  await page.done();
});

test("a film whose recorder wrote no duration", async () => {
  const page = await openPage(browser, server.url);
  const film = makeClip("live.webm", { seconds: 2, codec: ["-c:v", "libvpx", "-b:v", "1M", "-live", "1"] });
  await readFilm(page, film);
  assert.match(await page.locator("#film .readout").innerText(), /^(9|10|11) frames read$/);
  await page.done();
});

test("a film that the browser cannot play names the program that can", async () => {
  const page = await openPage(browser, server.url, { path: "#film" });
  const broken = join(scratch, "broken.mkv");
  writeFileSync(broken, Buffer.alloc(5000, 7));
  await page.setInputFiles("#film-input", broken);
  await page.getByRole("heading", { name: "This browser cannot play this film" }).waitFor();
  assert.match(await page.locator("#film .placeholder").innerText(), /mien video "broken\.mkv"/);
  await page.done();
});

test("one face keeps its number while it moves, another place is another person, labels do not flicker", async () => {
  const page = await openPage(browser, server.url);
  const { ids, labels, jump } = await page.evaluate(async () => {
    const { Tracker } = await import("./js/tracker.js");
    const tracker = new Tracker();
    const face = (x, happy) => ({ box: { x, y: 50, width: 80, height: 80 }, emotion: happy > 0.5 ? "happy" : "sad", probabilities: { happy, sad: 1 - happy } });
    const seen = [];
    for (let i = 0; i < 30; ++i) seen.push(...tracker.update(i / 15, [face(10 + 12 * i, i % 2 ? 0.52 : 0.47)]));
    tracker.update(2.2, []); // away for a moment
    const back = tracker.update(2.4, [face(400, 0.5)]);
    const other = tracker.update(2.5, [face(405, 0.5), face(900, 0.5)]);
    return { ids: [...new Set([...seen, ...back].map(({ id }) => id))], labels: [...new Set(seen.map(({ emotion }) => emotion))], jump: other.map(({ id }) => id) };
  });
  assert.deepEqual(ids, [1]);
  assert.deepEqual(labels, ["sad"]);
  assert.deepEqual(jump, [1, 2]);
  await page.done();
});
