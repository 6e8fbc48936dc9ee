// Measures the camera view on an idle machine: run.sh WORK_DIR measure_camera.mjs. Prints the analyzed frames per second, the
// intervals between screen updates, and the main thread's CPU time per analyzed frame.
import { openPage, startBrowserWithCamera, startServer } from "./harness.mjs";

const kSeconds = 20;

const server = await startServer("--detector", process.env.MIEN_DETECTOR ?? "auto");
const browser = await startBrowserWithCamera();
const page = await openPage(browser, server.url, { path: "#camera" });
await page.getByRole("button", { name: "Start camera" }).click();
await page.locator("#camera .timeline").waitFor();

let frames = 0;
page.on("requestfinished", (request) => (frames += request.url().includes("/v1/analyze?")));
const devtools = await page.context().newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
const getMetrics = async () => {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
};
const before = await getMetrics();
frames = 0;
const intervals = await page.evaluate(async (seconds) => {
  const times = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) times.push(await new Promise(requestAnimationFrame));
  return times.slice(1).map((time, i) => time - times[i]);
}, kSeconds);
const after = await getMetrics();
const analyzed = frames;
intervals.sort((a, b) => a - b);
const percentile = (fraction) => intervals[Math.floor(fraction * (intervals.length - 1))].toFixed(0);
const milliseconds = (name) => ((1000 * (after[name] - before[name])) / analyzed).toFixed(1);

const long = intervals.filter((interval) => interval > 50).length;
console.log(`analyzed frames/s        ${(analyzed / kSeconds).toFixed(1)}`);
console.log(`people in view           ${await page.locator("#camera .people .face").count()}`);
console.log(`screen update intervals  median ${percentile(0.5)} ms, 99th percentile ${percentile(0.99)} ms, maximum ${percentile(1)} ms`);
console.log(`  over 50 ms             ${long} of ${intervals.length}`);
console.log(`main thread per frame    ${milliseconds("TaskDuration")} ms`);
for (const part of ["Script", "Layout", "RecalcStyle"]) console.log(`  ${part.padEnd(22)} ${milliseconds(`${part}Duration`)} ms`);
await browser.close();
await server.stop();
