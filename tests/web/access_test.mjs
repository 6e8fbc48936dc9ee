// The page for everybody: axe-core finds nothing serious, keyboard, a phone's width, dark and light.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessibilityProblems, answered, kThree, makeClip, openPage, startBrowser, startServer, upload } from "./harness.mjs";

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

const kViews = {
  "no photo yet": async () => {},
  "photos, one of them rejected": async (page) => {
    await upload(page, kThree);
    await page.getByRole("switch", { name: "Only photos with exactly one face" }).check();
  },
  "faces, one of them uncertain": async (page) => {
    await upload(page, kThree);
    await page.locator("#threshold").fill("95");
  },
  "why, with its heat maps": async (page) => {
    await upload(page, kThree);
    await page.locator(".why-button").first().click();
    await page.locator(".why canvas").nth(1).waitFor();
  },
  "the camera running": async (page) => {
    await page.getByRole("tab", { name: "Camera" }).click();
    await page.getByRole("button", { name: "Start the camera" }).click();
    await page.locator("#camera .timeline").waitFor();
  },
  "a film": async (page) => {
    await page.getByRole("tab", { name: "Film" }).click();
    await page.setInputFiles("#film-input", makeClip("film.webm", { seconds: 1, codec: ["-c:v", "libvpx"] }));
    await page.locator("#film .readout", { hasText: "frames read" }).waitFor();
  },
};

for (const colours of ["light", "dark"]) {
  for (const [name, prepare] of Object.entries(kViews)) {
    test(`axe finds nothing serious: ${name}, ${colours}`, async () => {
      const page = await openPage(browser, server.url, { colours });
      await prepare(page);
      await page.waitForTimeout(300); // colours fade
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.done();
    });
  }
}

test("nothing scrolls sideways on a phone", async () => {
  for (const width of [320, 390]) {
    const page = await openPage(browser, server.url, { width, height: 844, hasTouch: true, isMobile: true });
    for (const [name, prepare] of Object.entries(kViews)) {
      await page.goto(server.url);
      await prepare(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, `${name} at ${width} pixels`);
    }
    await page.done();
  }
});

test("colours follow the system, and the button overrules it for the next visit too", async () => {
  const page = await openPage(browser, server.url, { colours: "dark" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await ground();
  assert.notEqual(dark, light);
  const button = page.getByRole("button", { name: /^Colours:/ });
  await button.click();
  await button.click();
  assert.equal(await ground(), dark);
  await page.reload();
  assert.equal(await ground(), dark);
  await page.done();
});

test("everything can be reached and done with the keyboard", async () => {
  const page = await openPage(browser, server.url);
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const order = [];
  for (let i = 0; i < 7; ++i) {
    await page.keyboard.press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order, ["Skip to the content", "Mien", "tab-photos", "theme", "threshold", "one-face", "photo-input"]);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Space")]);
  await chooser.setFiles(kThree);
  await answered(page, 1);
  await page.locator("#threshold").focus();
  for (let i = 0; i < 19; ++i) await page.keyboard.press("ArrowRight");
  assert.ok((await page.locator(".face .title").allInnerTexts()).includes("Uncertain"));
  await page.locator("#tab-photos").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "tab-camera");
  assert.ok(await page.getByRole("tabpanel", { name: "Camera" }).isVisible());
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.ok(await page.getByRole("tabpanel", { name: "Film" }).isVisible());
  await page.done();
});

test("focus can be seen, and screen readers hear the results", async () => {
  const page = await openPage(browser, server.url);
  await page.locator("#tab-photos").focus();
  await page.keyboard.press("ArrowRight");
  const outline = await page.locator("#tab-camera").evaluate((tab) => getComputedStyle(tab).outlineStyle);
  assert.equal(outline, "solid");
  await page.keyboard.press("ArrowLeft");
  await upload(page, kThree);
  assert.match(await page.getByRole("status").innerText(), /2008_002506\.jpg: \d faces: (Happy|Angry)/);
  await page.done();
});
