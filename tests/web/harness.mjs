// Shared by the tests of the page: the server process, Chromium, photos and video clips.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";

const require = createRequire(join(process.env.MIEN_WEB_WORK, "package.json"));
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

const kTimeout = 120_000; // milliseconds; the machine may be busy
const program = process.env.MIEN_PROGRAM;
const photoFolder = process.env.MIEN_FACES ?? "/usr/share/doc/libdlib19.1/examples/faces";

export const scratch = mkdtempSync(join(tmpdir(), "mien-web-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** An example photo of dlib: public domain, several people each. */
export const photo = (name) => join(photoFolder, name);
export const kThreePeople = photo("2008_002506.jpg");
export const kTwoPeople = photo("2009_004587.jpg");

// Hides detectors installed on this machine: the built-in one finds the same faces everywhere.
const environment = { ...process.env, XDG_DATA_HOME: scratch, OMP_WAIT_POLICY: "passive" };

export const runMien = (...args) => execFileSync(program, args, { env: environment, encoding: "utf8" });

/** Runs ffmpeg to write `path` with the given options. Returns the path. */
export function runFfmpeg(path, ...options) {
  execFileSync("ffmpeg", ["-v", "error", "-y", ...options, path]);
  return path;
}

/** Starts `mien serve`: {url, port, stop()}. */
export async function startServer(...options) {
  const port = options.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(program, ["serve", ...port, ...options], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const url = await new Promise((resolve, reject) => {
    const read = (bytes) => {
      output += bytes;
      const match = output.match(/http:\/\/[\d.:]+\//);
      if (match) resolve(match[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`mien serve exited with ${code}: ${output}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.once("exit", resolve);
      child.kill("SIGTERM");
    });
  return { url, port: new URL(url).port, stop };
}

export function startBrowser(...flags) {
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: [...sandbox, ...flags] });
}

/** Starts Chromium with a fake camera, which shows a clip of three people. */
export function startBrowserWithCamera() {
  const clip = makeClip("camera.mjpeg", { codec: ["-c:v", "mjpeg", "-q:v", "4"] });
  const file = `--use-file-for-fake-video-capture=${clip}`;
  return startBrowser("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", file);
}

/** Serves the page's files from a folder, to see changes without building the program. */
async function serveSource(context, url, folder) {
  const types = { html: "text/html", css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
  await context.route(url + "**", (route) => {
    const path = new URL(route.request().url()).pathname.slice(1) || "index.html";
    const file = join(folder, path);
    if (!existsSync(file)) return route.continue();
    return route.fulfill({ contentType: types[path.split(".").pop()], body: readFileSync(file) });
  });
}

/** Opens a page of the server. done() fails on errors in the page and on requests to other servers, then closes the page. */
export async function openPage(browser, url, { path = "", width = 1280, height = 900, colorScheme = "light", ...options } = {}) {
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, colorScheme, acceptDownloads: true, baseURL: url, ...options });
  context.setDefaultTimeout(kTimeout);
  if (process.env.MIEN_WEB_SOURCE) await serveSource(context, url, process.env.MIEN_WEB_SOURCE);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => /Content Security Policy|Refused to/.test(message.text()) && errors.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) errors.push(`requested ${request.url()}`);
  });
  await page.goto(url + path);
  page.done = async () => {
    assert.deepEqual(errors, []);
    await context.close();
  };
  return page;
}

/** Runs a server and a browser during the tests of a file. Returns a function that opens a page: open(options). */
export function setUp(launchBrowser = startBrowser) {
  let server, browser;
  before(async () => {
    server = await startServer();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  return (options) => openPage(browser, server.url, options);
}

/** Uploads photos; returns when the page shows a result or an error for each. */
export async function upload(page, ...files) {
  const before = await page.locator(".card").count();
  await page.setInputFiles("#photo-input", files);
  await finished(page, before + files.length);
}

/** Waits until `count` photos have a result or an error. */
export async function finished(page, count) {
  await page.waitForFunction((n) => document.querySelectorAll('.card[data-state="done"], .card[data-state="error"]').length === n, count);
}

/** The error codes of the photos on the page. */
export const errorCodes = (page) => page.locator(".card[data-error]").evaluateAll((cards) => cards.map((card) => card.dataset.error));

/** Waits until the page has connected to the server. */
export const connected = (page) => page.locator('#server[data-state="ready"]').waitFor();

/** Downloads the file of the export button with the given name: {name, bytes}. */
export async function exported(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button }).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

export function pngSize(bytes) {
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

export const parseCsv = (bytes) => bytes.toString().trim().split("\n").map((line) => line.split(","));

/** Makes a video clip of a photo under a slowly moving window. Chromium's fake camera takes .mjpeg. */
export function makeClip(name, { seconds = 4, codec = ["-c:v", "libvpx", "-b:v", "1M"] } = {}) {
  const path = join(scratch, name);
  if (existsSync(path)) return path;
  const window = "scale=960:-2,crop=640:480:'160+60*sin(t*1.6)':'100+30*cos(t*1.3)'";
  const format = name.endsWith(".mjpeg") ? "yuvj420p" : "yuv420p";
  const input = ["-loop", "1", "-t", String(seconds), "-i", kThreePeople];
  return runFfmpeg(path, ...input, "-vf", `${window},format=${format}`, "-r", "15", ...codec);
}

/** The serious and critical findings of axe-core, as readable lines. */
export async function accessibilityProblems(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`));
}
