// What the tests of the page share: the server as a process, Chromium, photographs and clips.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const work = process.env.MIEN_WEB_WORK;
const require = createRequire(join(work, "package.json"));
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

export const kPatience = 120_000; // milliseconds; the machine may be busy
const mien = process.env.MIEN_PROGRAM;
const faces = process.env.MIEN_FACES ?? "/usr/share/doc/libdlib19.1/examples/faces";

export const scratch = mkdtempSync(join(tmpdir(), "mien-web-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** dlib's example photographs: public domain, several people each. */
export const photo = (name) => join(faces, name);
export const kThree = photo("2008_002506.jpg");
export const kTwo = photo("2009_004587.jpg");

// No detector that happens to be fetched on this machine: the built-in one finds the same faces everywhere.
const environment = { ...process.env, XDG_DATA_HOME: scratch, OMP_WAIT_POLICY: "passive" };

export const runMien = (...words) => execFileSync(mien, words, { env: environment, encoding: "utf8" });

/** `mien serve` as a process: {url, port, stop()}. */
export async function startServer(...options) {
  const child = spawn(mien, ["serve", ...(options.includes("--port") ? [] : ["--port", "0"]), ...options], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const url = await new Promise((resolve, reject) => {
    const look = (bytes) => {
      output += bytes;
      const match = output.match(/http:\/\/[\d.:]+\//);
      if (match) resolve(match[0]);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("exit", (code) => reject(new Error(`mien serve left with ${code}: ${output}`)));
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

/** A page of the server. Errors in it, and requests to anything but its server, fail the test that calls done() or checkClean(). */
export async function openPage(browser, url, { path = "", width = 1280, height = 900, colours = "light", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: colours, acceptDownloads: true, ...options });
  context.setDefaultTimeout(kPatience);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => /Content Security Policy|Refused to/.test(message.text()) && wrong.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) wrong.push(`asked for ${request.url()}`);
  });
  await page.goto(url + path);
  page.checkClean = () => assert.deepEqual(wrong, []);
  page.done = async () => {
    page.checkClean();
    await context.close();
  };
  return page;
}

/** Gives files to the page; returns when all have an answer. */
export async function upload(page, ...files) {
  const cards = page.locator(".card");
  const before = await cards.count();
  await page.setInputFiles("#photo-input", files);
  await answered(page, before + files.length);
}

export async function answered(page, count) {
  await page.waitForFunction((n) => document.querySelectorAll('.card[data-state="done"], .card[data-state="error"]').length === n, count);
}

/** What a click gives the user: {name, bytes}. */
export async function downloaded(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

export function pngSize(bytes) {
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** A clip made of a photograph under a slowly moving window, by ffmpeg; .mjpeg is for Chromium's fake camera. */
export function makeClip(name, { seconds = 4, codec = [] } = {}) {
  const path = join(scratch, name);
  if (existsSync(path)) return path;
  const window = "scale=960:-2,crop=640:480:'160+60*sin(t*1.6)':'100+30*cos(t*1.3)'";
  const input = ["-loop", "1", "-t", String(seconds), "-i", kThree, "-vf", `${window},format=${name.endsWith(".mjpeg") ? "yuvj420p" : "yuv420p"}`];
  execFileSync("ffmpeg", ["-v", "error", "-y", ...input, "-r", "15", ...codec, path]);
  return path;
}

/** axe-core's complaints that are serious or critical, as readable lines. */
export async function accessibilityProblems(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`));
}
