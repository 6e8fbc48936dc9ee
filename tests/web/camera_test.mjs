// The Camera tab, with Chromium's fake camera.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exported, parseCsv, pngSize, setUp, startBrowserWithCamera } from "./harness.mjs";

const open = setUp(startBrowserWithCamera);

const openCamera = () => open({ path: "#camera" });
const startButton = (page) => page.getByRole("button", { name: "Start camera" });
const stopButton = (page) => page.getByRole("button", { name: "Stop" });
const isOff = (page) => page.locator("#camera video").evaluate((video) => video.srcObject === null);

/** Makes getUserMedia fail with an error of this name. */
const breakCamera = (page, name) =>
  page.evaluate((name) => (navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", name))), name);

test("shows boxes, bars and a timeline; both exports work after it has stopped", async () => {
  const page = await openCamera();
  await startButton(page).click();
  await page.locator("#camera .people .face").first().waitFor();
  await page.locator("#camera .timeline").waitFor();
  await page.locator("#camera .readout", { hasText: /\d+ frames\/s.* \d+ ms latency/ }).waitFor();
  const painted = await page.locator("#camera .overlay").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, i) => i % 4 === 3 && value > 0);
  });
  assert.ok(painted, "boxes over the image");
  assert.equal(await page.locator(":focus").innerText(), "Stop");
  await page.keyboard.press("Enter");
  assert.ok(await page.getByRole("heading", { name: /off/ }).isVisible());
  assert.equal(await page.locator(":focus").innerText(), "Start camera");
  assert.ok(await isOff(page));

  const csv = await exported(page, "Export CSV");
  assert.equal(csv.name, "mien-camera.csv");
  const [head, ...rows] = parseCsv(csv.bytes);
  assert.deepEqual(head.slice(0, 11), ["time", "frame", "track", "x", "y", "width", "height", "detected", "emotion", "confidence", "uncertain"]);
  assert.ok(rows.length >= 3);
  for (const row of rows) {
    assert.equal(row.length, head.length);
    const sum = row.slice(11, 18).reduce((total, value) => total + Number(value), 0);
    assert.ok(Math.abs(sum - 1) < 1e-3, "probabilities add up to 1");
  }
  const png = await exported(page, "Save PNG");
  assert.equal(pngSize(png.bytes).width, 2400);
  await page.done();
});

test("turns off when the user opens another tab", async () => {
  const page = await openCamera();
  await startButton(page).click();
  await stopButton(page).waitFor();
  await page.getByRole("tab", { name: "Photos" }).click();
  assert.ok(await isOff(page));
  await page.done();
});

test("reports an unreachable server and continues when it is back", async () => {
  const page = await openCamera();
  await page.route("**/v1/analyze?*", (route) => route.abort("connectionrefused"));
  await startButton(page).click();
  await page.locator("#camera .readout", { hasText: /server.*Retrying/ }).waitFor();
  await page.unroute("**/v1/analyze?*");
  await page.locator("#camera .people .face").first().waitFor();
  await page.done();
});

test("explains why the camera cannot start", async () => {
  const page = await openCamera();
  for (const [name, title] of [["NotAllowedError", /denied/], ["NotFoundError", /No camera/], ["NotReadableError", /in use/]]) {
    await breakCamera(page, name);
    await startButton(page).click();
    await page.getByRole("heading", { name: title }).waitFor();
  }
  await page.done();
});

test("falls back to another camera if the selected one is gone", async () => {
  const page = await openCamera();
  await startButton(page).click();
  await stopButton(page).click();
  await page.evaluate(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const fail = () => Promise.reject(new DOMException("", "OverconstrainedError"));
    navigator.mediaDevices.getUserMedia = (constraints) => (constraints.video.deviceId ? fail() : open(constraints));
  });
  await startButton(page).click();
  await stopButton(page).click();
  await breakCamera(page, "OverconstrainedError");
  await startButton(page).click();
  await page.locator("#camera .placeholder", { hasText: "OverconstrainedError" }).waitFor(); // the error has no message
  await page.done();
});

test("keeps the results of a camera that was disconnected", async () => {
  const page = await openCamera();
  await startButton(page).click();
  await page.locator("#camera .timeline").waitFor();
  await page.locator("#camera video").evaluate((video) => video.srcObject.getVideoTracks()[0].dispatchEvent(new Event("ended")));
  await page.getByRole("heading", { name: /disconnected/ }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Export CSV" }).isEnabled());
  await page.done();
});
