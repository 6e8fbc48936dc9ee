// Takes the screenshot docs/images/page.png: run.sh WORK_DIR screenshot.mjs, from the root of the project.
import { join } from "node:path";
import { kThreePeople, openPage, runFfmpeg, scratch, startBrowser, startServer, upload } from "./harness.mjs";

const server = await startServer("--detector", process.env.MIEN_DETECTOR ?? "auto");
const browser = await startBrowser();
const page = await openPage(browser, server.url, { height: 1176 });
await upload(page, kThreePeople);
await page.locator(".explanation-button").last().click();
await page.locator(".explanation canvas").nth(1).waitFor();
await page.mouse.move(5, 5);
await page.waitForTimeout(500); // transitions of the bars
const full = join(scratch, "page.png");
await page.screenshot({ path: full });
// With 256 colors, the file has a third of the size.
runFfmpeg("docs/images/page.png", "-i", full, "-vf", "split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=sierra2_4a");
await browser.close();
await server.stop();
