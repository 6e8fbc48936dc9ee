// How smoothly the page shows a camera: run.sh WORK_DIR measure_live.mjs, on a machine that does nothing else. Prints frames a
// second that were read, the gaps between the frames that the screen got, and the main thread's work for a frame read.
import { makeClip, openPage, startBrowser, startServer } from "./harness.mjs";

const kSeconds = 20;

const server = await startServer("--detector", process.env.MIEN_DETECTOR ?? "auto");
const clip = makeClip("camera.mjpeg", { codec: ["-c:v", "mjpeg", "-q:v", "4"] });
const browser = await startBrowser("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${clip}`);
const page = await openPage(browser, server.url, { path: "#camera" });
await page.getByRole("button", { name: "Start the camera" }).click();
await page.locator("#camera .timeline").waitFor();

let frames = 0;
page.on("requestfinished", (request) => (frames += request.url().endsWith("/v1/analyze")));
const devtools = await page.context().newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
const work = async () => Object.fromEntries((await devtools.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
const before = await work();
frames = 0;
const gaps = await page.evaluate(async (seconds) => {
  const times = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) times.push(await new Promise(requestAnimationFrame));
  return times.slice(1).map((time, i) => time - times[i]);
}, kSeconds);
const after = await work();
const read = frames;
gaps.sort((a, b) => a - b);
const at = (share) => gaps[Math.floor(share * (gaps.length - 1))].toFixed(0);
const milliseconds = (name) => ((1000 * (after[name] - before[name])) / read).toFixed(1);

console.log(`frames read a second        ${(read / kSeconds).toFixed(1)}`);
console.log(`people in the picture       ${await page.locator("#camera .people .face").count()}`);
console.log(`screen frames, gaps in ms   median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}; over 50 ms: ${gaps.filter((gap) => gap > 50).length} of ${gaps.length}`);
console.log(`main thread a frame read    ${milliseconds("TaskDuration")} ms, of it scripts ${milliseconds("ScriptDuration")}, layout ${milliseconds("LayoutDuration")}, style ${milliseconds("RecalcStyleDuration")}`);
await browser.close();
await server.stop();
