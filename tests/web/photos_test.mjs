// The Photos tab: uploads, drops and pastes, settings, exports, explanations.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { accessibilityProblems, errorCodes, exported, finished, kThreePeople, kTwoPeople, pngSize, runFfmpeg, runMien, scratch, setUp, upload } from "./harness.mjs";

const open = setUp();

/** Writes an image without faces, in a format that browsers cannot show. */
function writeEmptyImage() {
  const path = join(scratch, "sky.ppm");
  const [width, height] = [320, 240];
  const pixels = Buffer.alloc(3 * width * height, 180);
  writeFileSync(path, Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), pixels]));
  return path;
}

/** The boxes that the page draws, in pixels of the photo. */
const boxesOf = (card) =>
  card.evaluate((element) => {
    const figure = element.querySelector("figure").getBoundingClientRect();
    const image = element.querySelector("img");
    const scale = image.naturalWidth / figure.width;
    return [...element.querySelectorAll(".box")].map((box) => {
      const rectangle = box.getBoundingClientRect();
      return [rectangle.left - figure.left, rectangle.top - figure.top, rectangle.width, rectangle.height].map((value) => value * scale);
    });
  });

test("shows every face with box, crop and bars, as mien predict finds them", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  const [expected] = JSON.parse(runMien("predict", kThreePeople, "--format", "json"));
  assert.ok(expected.faces.length >= 2, "the photo has several faces");
  const card = page.locator(".card");
  assert.match(await card.locator(".facts").innerText(), new RegExp(`^500 × 375 · ${expected.faces.length} faces`));
  const faces = card.locator(".face");
  assert.equal(await faces.count(), expected.faces.length);
  for (const [i, face] of expected.faces.entries()) {
    const row = faces.nth(i);
    assert.equal((await row.locator(".title").innerText()).toLowerCase(), face.emotion);
    assert.equal(await row.locator(".detail").innerText(), `${Math.round(100 * face.confidence)}%`);
    assert.equal(await row.locator(".bars li").count(), Object.keys(face.probabilities).length);
    assert.equal((await row.locator(".predicted .name").innerText()).toLowerCase(), face.emotion);
    const painted = await row.locator("canvas").evaluate((canvas) => canvas.getContext("2d").getImageData(72, 72, 1, 1).data[3]);
    assert.equal(painted, 255, "the crop is drawn");
  }
  const drawn = await boxesOf(card);
  for (const [i, { box }] of expected.faces.entries()) {
    [box.x, box.y, box.width, box.height].forEach((value, k) => assert.ok(Math.abs(drawn[i][k] - value) < 2, `box ${i}: ${drawn[i]}`));
  }
  await page.done();
});

test("lists the newest photos first, removes one, clears all", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  await upload(page, kTwoPeople, writeEmptyImage());
  const names = () => page.locator(".card h3").allTextContents();
  await page.locator(".thumbnail").first().click();
  assert.deepEqual(await names(), [basename(kTwoPeople), "sky.ppm", basename(kThreePeople)]);
  await page.getByRole("button", { name: `Remove ${basename(kTwoPeople)}` }).click();
  assert.deepEqual(await names(), ["sky.ppm", basename(kThreePeople)]);
  assert.equal(await page.locator(".card:focus h3").innerText(), "sky.ppm");
  await page.getByRole("button", { name: "Clear" }).click();
  assert.equal(await page.locator(".card").count(), 0);
  assert.equal(await page.locator(".drop.slim").count(), 0);
  await page.done();
});

test("a photo without faces, in a format that the browser cannot show", async () => {
  const page = await open();
  await upload(page, writeEmptyImage());
  assert.match(await page.locator(".message-title").innerText(), /No face/);
  assert.match(await page.locator(".no-image").innerText(), /cannot show/);
  assert.match(await page.locator("#status").innerText(), /sky\.ppm.*no face/);
  await page.done();
});

test("the one-face rule rejects a photo with several faces until it is turned off", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  await page.locator("#one-face").check();
  assert.match(await page.locator(".message-title").innerText(), /Rejected.*\d faces/);
  assert.equal(await page.locator(".face").count(), 0);
  const { bytes } = await exported(page, "Export CSV");
  assert.match(bytes.toString(), /rejected: \d faces/);
  await page.locator("#one-face").uncheck();
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

test("a prediction below the confidence threshold is uncertain", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  await page.locator("#threshold").fill("95");
  const titles = await page.locator(".face .title").allInnerTexts();
  const details = await page.locator(".face .detail").allInnerTexts();
  assert.ok(titles.includes("Uncertain"));
  titles.forEach((title, i) => title === "Uncertain" && assert.match(details[i], / \w+, \d+%$/));
  assert.equal(await page.locator("#threshold-value").innerText(), "95%");
  await page.locator("#threshold").fill("0");
  assert.ok(!(await page.locator(".face .title").allInnerTexts()).includes("Uncertain"));
  await page.done();
});

test("a file that is not an image is an error; other photos are analyzed", async () => {
  const page = await open();
  const notes = join(scratch, "notes.txt");
  writeFileSync(notes, "not an image");
  await upload(page, notes, kThreePeople);
  const card = page.locator(".card", { hasText: "notes.txt" });
  assert.match((await errorCodes(page))[0], /^(unsupported|bad_format)$/);
  assert.match(await card.innerText(), /JPEG, PNG/, "lists the supported formats");
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

test("an image that only the browser can decode is sent as JPEG", async () => {
  const page = await open();
  await upload(page, runFfmpeg(join(scratch, "three.gif"), "-i", kThreePeople));
  assert.ok((await page.locator(".face").count()) > 1);
  assert.match(await page.locator(".card .facts").innerText(), /converted/);
  await page.done();
});

test("many photos: a grid with a summary, filters, an order, and one card at a time", async () => {
  const page = await open();
  await upload(page, kThreePeople, kTwoPeople);
  assert.ok(await page.locator(".gallery").isHidden(), "two photos need no grid");
  const notes = join(scratch, "a-notes.txt");
  writeFileSync(notes, "no image");
  await upload(page, writeEmptyImage(), notes);
  const faces = await page.locator(".face").count();
  const summary = page.locator(".gallery-summary");
  assert.match(await summary.innerText(), new RegExp(`^4 photos · ${faces} faces · \\d+% \\w+ · 1 without a face · 1 error$`));
  assert.equal(await page.locator(".card:visible").count(), 0);

  const shown = () => page.locator(".thumbnail").evaluateAll((buttons) => buttons.map((button) => button.title));
  await page.getByRole("button", { name: "Error 1" }).click();
  assert.deepEqual(await shown(), ["a-notes.txt"]);
  await page.getByRole("button", { name: "No face 1" }).click();
  assert.deepEqual(await shown(), ["sky.ppm"]);
  await page.getByRole("button", { name: /^Happy/ }).click();
  assert.ok((await shown()).includes(basename(kTwoPeople)));
  await page.getByRole("button", { name: "All 4" }).click();
  await page.getByLabel("Order").selectOption("name");
  const names = await shown();
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })));

  await page.locator("#threshold").fill("95");
  assert.match(await summary.innerText(), / uncertain/);
  await page.locator("#threshold").fill("0");
  await page.getByRole("button", { name: new RegExp(`^${basename(kTwoPeople)}`) }).click();
  assert.equal(await page.locator(".card:visible h3").innerText(), basename(kTwoPeople));
  await page.getByRole("button", { name: `Remove ${basename(kTwoPeople)}` }).click();
  assert.equal((await shown()).length, 3);
  assert.equal(await page.locator(".card:visible").count(), 0);
  assert.equal(await page.locator(".thumbnail:focus").count(), 1);
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.done();
});

test("24 photos fit one screen", async () => {
  const page = await open();
  const photos = Array.from({ length: 24 }, (_, i) => {
    const path = join(scratch, `photo${i}.jpg`);
    writeFileSync(path, readFileSync(kTwoPeople));
    return path;
  });
  await upload(page, ...photos);
  const last = await page.locator(".thumbnail").last().boundingBox();
  assert.ok(last.y + last.height <= 900, `the last thumbnail ends at ${last.y + last.height}`);
  await page.done();
});

test("on a phone, the result comes before the photo", async () => {
  const page = await open({ width: 390, height: 844 });
  await upload(page, kTwoPeople);
  const [face, figure] = [await page.locator(".face").first().boundingBox(), await page.locator("figure").boundingBox()];
  assert.ok(face.y < figure.y);
  assert.ok(face.y + face.height < 844, "without scrolling");
  await page.done();
});

test("JSON export has the fields of mien predict", async () => {
  const page = await open();
  await upload(page, kTwoPeople, writeEmptyImage());
  const { name, bytes } = await exported(page, "Export JSON");
  assert.equal(name, "mien.json");
  const photos = JSON.parse(bytes).sort((a, b) => a.path.localeCompare(b.path));
  const [expected] = JSON.parse(runMien("predict", "--format", "json", kTwoPeople));
  assert.deepEqual(photos[0], { ...expected, path: basename(kTwoPeople) });
  assert.deepEqual(photos[1], { path: "sky.ppm", width: 320, height: 240, faces: [] });
  await page.done();
});

test("a truncated photo is an error, as on the command line", async () => {
  const page = await open();
  const path = join(scratch, "truncated.jpg");
  writeFileSync(path, readFileSync(kThreePeople).subarray(0, 20_000));
  assert.throws(() => runMien("predict", path), /truncated/);
  await upload(page, path);
  assert.deepEqual(await errorCodes(page), ["bad_format"]);
  assert.match(await page.locator(".message").innerText(), /truncated/);
  await page.done();
});

test("pastes a photo from the clipboard", async () => {
  const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  const png = runFfmpeg(join(scratch, "three.png"), "-i", kThreePeople);
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
  }, readFileSync(png).toString("base64"));
  await page.keyboard.press("Control+V");
  await finished(page, 1);
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

/** The data of a drag: a photo, and broken videos with these names. */
const draggedData = (page, ...videos) =>
  page.evaluateHandle(
    ({ base64, videos }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "dropped.jpg", { type: "image/jpeg" }));
      for (const name of videos) data.items.add(new File(["broken"], name, { type: "video/webm" }));
      return data;
    },
    { base64: readFileSync(kThreePeople).toString("base64"), videos },
  );

test("a photo can be dropped anywhere on the page, from every tab", async () => {
  const page = await open({ path: "#camera" });
  const transfer = await draggedData(page);
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  assert.ok(await page.locator("#veil").evaluate((veil) => veil.classList.contains("shown")));
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await finished(page, 1);
  assert.equal(await page.locator(".card h3").innerText(), "dropped.jpg");
  assert.equal(await page.getByRole("tab", { selected: true }).innerText(), "Photos");
  await page.done();
});

test("a drop of a photo and two videos opens the photo and the first video, and says so", async () => {
  const page = await open();
  await page.dispatchEvent("body", "drop", { dataTransfer: await draggedData(page, "first.webm", "second.webm") });
  await finished(page, 1);
  assert.equal(await page.getByRole("tab", { selected: true }).innerText(), "Video");
  assert.match(await page.locator("#video .placeholder").innerText(), /first\.webm/);
  assert.match(await page.locator("#notice").innerText(), /1 photo.* second\.webm/);
  await page.done();
});

test("exports the CSV of mien predict and quotes names with commas", async () => {
  const page = await open();
  const quoted = join(scratch, 'two, "friends".jpg');
  writeFileSync(quoted, readFileSync(kTwoPeople));
  await upload(page, kThreePeople, quoted);
  const { name, bytes } = await exported(page, "Export CSV");
  assert.equal(name, "mien.csv");
  const expected = runMien("predict", kThreePeople, quoted, "--format", "csv").replaceAll(join(kThreePeople, "..") + "/", "").replaceAll(scratch + "/", "");
  assert.equal(bytes.toString(), expected);
  await page.done();
});

test("saves a photo as PNG with boxes and bars", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  const { name, bytes } = await exported(page, "Save PNG");
  assert.equal(name, "2008_002506-mien.png");
  assert.equal(pngSize(bytes).width, 2400);
  await page.done();
});

test("the PNG of many faces has a lower resolution; too many faces are an error", async () => {
  const page = await open();
  const pngOf = (count) =>
    page.evaluate(async (count) => {
      const { photoPng } = await import("./js/png.js");
      const face = { box: { x: 1, y: 1, width: 9, height: 9 }, emotion: "happy", confidence: 1, probabilities: { happy: 1 } };
      const faces = Array(count).fill(face);
      const source = Object.assign(document.createElement("canvas"), { width: 500, height: 400 });
      const image = { source, size: source, faces, numbers: faces.map((_, i) => i + 1), labels: ["happy"], threshold: 0 };
      const { width, height } = await createImageBitmap(await photoPng(image));
      return { width, height };
    }, count);
  const { width, height } = await pngOf(300);
  assert.ok(width < 2400 && width > 1000 && width * height <= 1 << 24, `${width} × ${height}`);
  await assert.rejects(pngOf(5000), /too many faces/);
  await page.done();
});

test("an image with more pixels than browsers can encode is reduced", async () => {
  const page = await open();
  const { width, height } = await page.evaluate(async () => {
    const { loadImage, toJpeg } = await import("./js/images.js");
    const large = Object.assign(document.createElement("canvas"), { width: 6000, height: 3000 });
    const image = await loadImage(await new Promise((resolve) => large.toBlob(resolve)));
    const { width, height } = await createImageBitmap(await toJpeg(image));
    return { width, height };
  });
  assert.ok(width > 5700 && width < 6000 && width * height <= 1 << 24, `${width} × ${height}`);
  assert.ok(Math.abs(width / height - 2) < 0.001);
  await page.done();
});

test("an image that the browser cannot encode is an error, on upload and on export", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  await page.evaluate(() => (HTMLCanvasElement.prototype.toBlob = (done) => done(null)));
  await page.getByRole("button", { name: "Save PNG" }).click();
  await page.locator("#notice", { hasText: /2008_002506-mien\.png.* 2400 × / }).waitFor();
  await upload(page, runFfmpeg(join(scratch, "small.gif"), "-i", kThreePeople));
  assert.deepEqual(await errorCodes(page), ["encoding_failed"]);
  await page.done();
});

test("the button Why? shows two heat maps and hides them again", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  const button = page.getByRole("button", { name: /^Why.* face 2$/ });
  await button.click();
  const maps = page.locator(".face").nth(1).locator(".explanation canvas");
  await maps.nth(1).waitFor();
  assert.match(await page.locator(".explanation-title").innerText(), /model say “\w+”/);
  const colors = await maps.first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(Array.from({ length: 400 }, (_, i) => data.slice(4 * 256 * i, 4 * 256 * i + 3).join())).size;
  });
  assert.ok(colors > 50, `${colors} colors`);
  await page.locator("#threshold").fill("50"); // does not close the panel
  assert.ok(await maps.first().isVisible());
  await button.click();
  assert.ok(await maps.first().isHidden());
  await page.done();
});

test("a box and its row highlight each other", async () => {
  const page = await open();
  await upload(page, kThreePeople);
  await page.locator(".face").nth(1).hover();
  assert.deepEqual(await page.locator(".box").evaluateAll((boxes) => boxes.map((box) => box.classList.contains("highlighted"))), [false, true, false]);
  await page.locator(".box").first().hover();
  assert.ok(await page.locator(".face").first().evaluate((face) => face.classList.contains("highlighted")));
  await page.done();
});
