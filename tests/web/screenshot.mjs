// The picture of the page in the README: run.sh WORK_DIR screenshot.mjs, from the folder of the project.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { kThree, openPage, scratch, startBrowser, startServer, upload } from "./harness.mjs";

const server = await startServer("--detector", process.env.MIEN_DETECTOR ?? "auto");
const browser = await startBrowser();
const page = await openPage(browser, server.url, { height: 1176 });
await upload(page, kThree);
await page.locator(".why-button").last().click();
await page.locator(".why canvas").nth(1).waitFor();
await page.mouse.move(5, 5);
await page.waitForTimeout(500); // bars grow
const full = join(scratch, "page.png");
await page.screenshot({ path: full });
// 256 colours: a third of the size.
execFileSync("ffmpeg", ["-v", "error", "-y", "-i", full, "-vf", "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=sierra2_4a", "docs/images/page.png"]);
await browser.close();
await server.stop();
