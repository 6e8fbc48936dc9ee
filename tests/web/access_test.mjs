// Accessibility: no serious findings of axe-core, keyboard use, narrow screens, dark and light themes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityProblems, finished, kThreePeople, makeClip, setUp, startBrowserWithCamera, upload } from "./harness.mjs";

const open = setUp(startBrowserWithCamera);

const kViews = {
  "no photos": async () => {},
  "a rejected photo": async (page) => {
    await upload(page, kThreePeople);
    await page.locator("#one-face").check();
  },
  "an uncertain face": async (page) => {
    await upload(page, kThreePeople);
    await page.locator("#threshold").fill("95");
  },
  "an explanation": async (page) => {
    await upload(page, kThreePeople);
    await page.locator(".explanation-button").first().click();
    await page.locator(".explanation canvas").nth(1).waitFor();
  },
  "a running camera": async (page) => {
    await page.getByRole("tab", { name: "Camera" }).click();
    await page.getByRole("button", { name: "Start camera" }).click();
    await page.locator("#camera .timeline").waitFor();
  },
  "an analyzed video": async (page) => {
    await page.getByRole("tab", { name: "Video" }).click();
    await page.setInputFiles("#video-input", makeClip("short.webm", { seconds: 1 }));
    await page.locator("#video .readout", { hasText: /\d+ frames/ }).waitFor();
  },
};

for (const colorScheme of ["light", "dark"]) {
  for (const [name, prepare] of Object.entries(kViews)) {
    test(`axe-core finds no serious problem: ${name}, ${colorScheme}`, async () => {
      const page = await open({ colorScheme });
      await prepare(page);
      await page.waitForTimeout(300); // transitions of colors
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.done();
    });
  }
}

test("the page does not scroll horizontally on a phone", async () => {
  for (const width of [320, 390]) {
    const page = await open({ width, height: 844, hasTouch: true, isMobile: true });
    for (const [name, prepare] of Object.entries(kViews)) {
      await page.goto("/");
      await prepare(page);
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(excess, 0, `${name} at ${width} pixels`);
    }
    await page.done();
  }
});

test("the theme follows the system; the button overrides it, also after a reload", async () => {
  const page = await open({ colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  assert.notEqual(dark, light);
  const button = page.getByRole("button", { name: /Theme/ });
  await button.click();
  await button.click();
  assert.equal(await background(), dark);
  await page.reload();
  assert.equal(await background(), dark);
  await page.done();
});

test("everything works with the keyboard", async () => {
  const page = await open();
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
  const order = [];
  for (let i = 0; i < 7; ++i) {
    await page.keyboard.press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order, ["skip", "brand", "tab-photos", "theme", "threshold", "one-face", "photo-input"]);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Space")]);
  await chooser.setFiles(kThreePeople);
  await finished(page, 1);
  await page.locator("#threshold").focus();
  for (let i = 0; i < 19; ++i) await page.keyboard.press("ArrowRight");
  assert.ok((await page.locator(".face.uncertain").count()) > 0);
  await page.locator("#tab-photos").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "tab-camera");
  assert.ok(await page.getByRole("tabpanel", { name: "Camera" }).isVisible());
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.ok(await page.getByRole("tabpanel", { name: "Video" }).isVisible());
  await page.done();
});

test("focus is visible, and screen readers get the results", async () => {
  const page = await open();
  await page.locator("#tab-photos").focus();
  await page.keyboard.press("ArrowRight");
  const outline = await page.locator("#tab-camera").evaluate((tab) => getComputedStyle(tab).outlineStyle);
  assert.equal(outline, "solid");
  await page.keyboard.press("ArrowLeft");
  await upload(page, kThreePeople);
  assert.match(await page.getByRole("status").innerText(), /2008_002506\.jpg.*\d faces.*(Happy|Angry)/);
  await page.done();
});
