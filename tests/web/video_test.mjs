// The Video tab.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exported, kThreePeople, kTwoPeople, makeClip, parseCsv, pngSize, runFfmpeg, runMien, scratch, setUp } from "./harness.mjs";

const open = setUp();

const kAllFrames = /^1[56] frames/; // of the clip: 3 seconds and perhaps a frame, at 5 per second

const openVideoTab = () => open({ path: "#video" });
const openVideo = (page, path = makeClip("video.webm", { seconds: 3 })) => page.setInputFiles("#video-input", path);
const waitForReadout = (page, text) => page.locator("#video .readout", { hasText: text }).waitFor();
const stopButton = (page) => page.getByRole("button", { name: "Stop" });
const againButton = (page) => page.getByRole("button", { name: "Analyze again" });

/** Writes a file that no browser can play. */
function writeBroken(name) {
  const path = join(scratch, name);
  writeFileSync(path, Buffer.alloc(5000, 7));
  return path;
}

test("analyzes all frames, tracks people, and plays with the results", async () => {
  const page = await openVideoTab();
  await openVideo(page);
  await waitForReadout(page, kAllFrames);
  const csv = await exported(page, "Export CSV");
  assert.equal(csv.name, "video-mien.csv");
  const [, ...rows] = parseCsv(csv.bytes);
  const tracks = new Map(); // track → number of its rows
  for (const [, , track] of rows) tracks.set(track, (tracks.get(track) ?? 0) + 1);
  for (const [track, count] of tracks) assert.ok(count >= 5, `track ${track} has ${count} rows`);
  assert.ok(tracks.size >= 2 && tracks.size <= 4, `${tracks.size} tracks`);
  assert.equal(await page.locator("#video .table tbody tr").count(), tracks.size);

  await page.getByRole("slider", { name: "Position in the video" }).focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector("#video video").currentTime > 2.5);
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector("#video video").currentTime < 0.1);
  await page.locator("#video .people .face").first().waitFor();
  const png = await exported(page, "Save PNG");
  assert.equal(pngSize(png.bytes).width, 2400);
  await page.done();
});

test("keeps the results when the user stops the analysis", async () => {
  const page = await openVideoTab();
  await openVideo(page);
  await page.waitForFunction(() => document.querySelector("#video progress").value > 0.2);
  await stopButton(page).click();
  await waitForReadout(page, /^\d+ frames/);
  assert.equal(await page.locator(":focus").innerText(), "Analyze again");
  assert.ok(await page.getByRole("button", { name: "Export CSV" }).isEnabled());
  await page.done();
});

/** Lets the server analyze so many frames, and holds further ones until the returned function is called. */
async function holdAfter(page, frames) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/analyze?*", async (route) => {
    if (--frames < 0) await released;
    await route.continue().catch(() => {}); // the page may have aborted the request
  });
  return release;
}

test("the timeline does not seek during the analysis", async () => {
  const page = await openVideoTab();
  const release = await holdAfter(page, 5);
  await openVideo(page);
  const slider = page.getByRole("slider", { name: "Position in the video", disabled: true });
  await slider.waitFor();
  const moved = await slider.evaluate((lanes) => {
    const video = document.querySelector("#video video");
    const before = video.currentTime;
    lanes.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
    return video.currentTime - before;
  });
  assert.equal(moved, 0);
  release();
  await waitForReadout(page, kAllFrames);
  await page.done();
});

test("opening a broken video ends the analysis of the previous one", async () => {
  const page = await openVideoTab();
  const release = await holdAfter(page, 5);
  await openVideo(page);
  await page.locator("#video .timeline").waitFor();
  await openVideo(page, writeBroken("broken.webm"));
  const heading = page.getByRole("heading", { name: /cannot play/ });
  await heading.waitFor();
  release();
  await page.waitForTimeout(500); // the first analysis would continue now
  assert.ok(await heading.isVisible());
  assert.equal(await page.locator("#video .readout").innerText(), "");
  assert.ok(await stopButton(page).isHidden());
  assert.ok(await againButton(page).isHidden());
  await page.done();
});

test("an analysis whose seek never ends can be stopped", async () => {
  const page = await openVideoTab();
  await page.evaluate(() => Object.defineProperty(HTMLMediaElement.prototype, "currentTime", { get: () => 0, set() {} }));
  await openVideo(page);
  await stopButton(page).click();
  await waitForReadout(page, /^0 frames/);
  await page.done();
});

test("a video that failed during the analysis can be analyzed again", async () => {
  const page = await openVideoTab();
  const video = page.locator("#video video");
  await video.evaluate((video) => Object.defineProperty(video, "currentTime", { get: () => 0, set() {}, configurable: true }));
  await openVideo(page);
  await stopButton(page).waitFor();
  await video.evaluate((video) => {
    Object.defineProperty(video, "error", { get: () => new Error("decoding failed"), configurable: true });
    video.addEventListener("loadstart", () => delete video.error && delete video.currentTime);
    video.dispatchEvent(new Event("error"));
  });
  await waitForReadout(page, /Damaged.* 0 frames/);
  await againButton(page).click();
  await waitForReadout(page, kAllFrames);
  await page.done();
});

test("a video without a duration", async () => {
  const page = await openVideoTab();
  await openVideo(page, makeClip("live.webm", { seconds: 2, codec: ["-c:v", "libvpx", "-b:v", "1M", "-live", "1"] }));
  await waitForReadout(page, /^(9|10|11) frames/);
  await page.done();
});

test("for a video that the browser cannot play, the page names the command that can", async () => {
  const page = await openVideoTab();
  await openVideo(page, writeBroken("broken.mkv"));
  await page.getByRole("heading", { name: /cannot play/ }).waitFor();
  assert.match(await page.locator("#video .placeholder").innerText(), /mien video "broken\.mkv"/);
  await page.done();
});

/** A clip of three people, then of two others: a scene cut, after which all people are new. */
function makeTwoScenes() {
  const scene = (photo) => ["-loop", "1", "-t", "2", "-framerate", "5", "-i", photo];
  const window = "scale=960:-2,crop=640:480:'160+40*sin(t*1.6)':'60+20*cos(t*1.3)',setsar=1,format=yuv420p";
  const filter = `[0]${window}[a];[1]${window}[b];[a][b]concat`;
  const codec = ["-r", "5", "-c:v", "libvpx", "-b:v", "2M"];
  return runFfmpeg(join(scratch, "scenes.webm"), ...scene(kThreePeople), ...scene(kTwoPeople), "-filter_complex", filter, ...codec);
}

/** Of the rows of a CSV file: time → track → {x, y}, the centers of the boxes. */
function centers(bytes) {
  const [, ...rows] = parseCsv(bytes);
  const frames = new Map();
  for (const [time, , track, x, y, width, height] of rows) {
    const key = Number(time).toFixed(1);
    if (!frames.has(key)) frames.set(key, new Map());
    frames.get(key).set(track, { x: Number(x) + width / 2, y: Number(y) + height / 2, size: Number(width) });
  }
  return frames;
}

test("numbers people as mien video does", async () => {
  const clip = makeTwoScenes();
  const page = await openVideoTab();
  await openVideo(page, clip);
  await waitForReadout(page, /^(19|20|21) frames/);
  const byPage = centers((await exported(page, "Export CSV")).bytes);
  const byProgram = centers(runMien("video", "--format", "csv", clip));
  const tracks = (frames) => [...new Set([...frames.values()].flatMap((faces) => [...faces.keys()]))].sort();
  assert.ok(tracks(byProgram).length >= 4, `${tracks(byProgram)}`);
  let compared = 0;
  for (const [time, faces] of byProgram) {
    for (const [track, { x, y, size }] of faces) {
      const other = byPage.get(time)?.get(track);
      if (!other) continue;
      ++compared;
      assert.ok(Math.hypot(other.x - x, other.y - y) < size / 2, `track ${track} at ${time} s is another person`);
    }
  }
  assert.deepEqual(tracks(byPage), tracks(byProgram));
  assert.ok(compared > 30, `${compared} faces compared`);
  await page.done();
});

test("people keep distinct numbers when the server forgets the session", async () => {
  const page = await openVideoTab();
  let frames = 0;
  await page.route("**/v1/analyze?*", (route) => {
    const url = new URL(route.request().url());
    if (++frames > 8) url.searchParams.set("session", "another-session-of-the-test");
    return route.continue({ url: url.href });
  });
  await openVideo(page);
  await waitForReadout(page, kAllFrames);
  const rows = parseCsv((await exported(page, "Export CSV")).bytes).slice(1);
  const frameOf = (row) => Number(row[1]);
  const before = new Set(rows.filter((row) => frameOf(row) < 8).map((row) => row[2]));
  const after = new Set(rows.filter((row) => frameOf(row) >= 8).map((row) => row[2]));
  assert.ok(before.size > 0 && after.size > 0);
  for (const track of after) assert.ok(!before.has(track), `track ${track} is used twice`);
  await page.done();
});
