// Photographs on the page: uploads, drops and pastes, the rules, the exports.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { answered, downloaded, kThree, kTwo, openPage, pngSize, runMien, scratch, startBrowser, startServer, upload } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

function emptyPicture() {
  const path = join(scratch, "sky.ppm");
  const [width, height] = [320, 240];
  const pixels = Buffer.alloc(3 * width * height, 180);
  writeFileSync(path, Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), pixels]));
  return path;
}

/** Boxes in the photo's pixels, as the page draws them. */
const boxesOf = (card) =>
  card.evaluate((element) => {
    const figure = element.querySelector("figure").getBoundingClientRect();
    const image = element.querySelector("img");
    const scale = image.naturalWidth / figure.width;
    return [...element.querySelectorAll(".box")].map((box) => {
      const at = box.getBoundingClientRect();
      return [at.left - figure.left, at.top - figure.top, at.width, at.height].map((value) => value * scale);
    });
  });

test("every face of a photo is boxed, and listed with crop and bars, as mien predict finds them", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  const [expected] = JSON.parse(runMien("predict", kThree, "--format", "json"));
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
    assert.equal((await row.locator(".leader .name").innerText()).toLowerCase(), face.emotion);
    const painted = await row.locator("canvas").evaluate((canvas) => canvas.getContext("2d").getImageData(72, 72, 1, 1).data[3]);
    assert.equal(painted, 255, "the crop shows something");
  }
  const drawn = await boxesOf(card);
  for (const [i, { box }] of expected.faces.entries()) {
    [box.x, box.y, box.width, box.height].forEach((value, k) => assert.ok(Math.abs(drawn[i][k] - value) < 2, `box ${i}: ${drawn[i]}`));
  }
  await page.done();
});

test("several photos: the newest stand first, one is removed, all are cleared", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  await upload(page, kTwo, emptyPicture());
  const names = () => page.locator(".card h3").allInnerTexts();
  assert.deepEqual(await names(), [basename(kTwo), "sky.ppm", basename(kThree)]);
  await page.getByRole("button", { name: `Remove ${basename(kTwo)}` }).click();
  assert.deepEqual(await names(), ["sky.ppm", basename(kThree)]);
  assert.equal(await page.locator(".card:focus h3").innerText(), "sky.ppm");
  await page.getByRole("button", { name: "Clear" }).click();
  assert.equal(await page.locator(".card").count(), 0);
  assert.ok(await page.getByRole("heading", { name: "Drop a photo" }).isVisible());
  await page.done();
});

test("a photo without faces, of a kind that the browser cannot show, says so", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, emptyPicture());
  assert.equal(await page.locator(".message-title").innerText(), "No face found");
  assert.match(await page.locator(".card").innerText(), /cannot show this kind of picture/);
  assert.match(await page.locator("#status").innerText(), /sky\.ppm: no face found/);
  await page.done();
});

test("the exactly-one rule rejects a photo with several faces until it is switched off", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  await page.getByRole("switch", { name: "Only photos with exactly one face" }).check();
  assert.match(await page.locator(".message-title").innerText(), /\d faces, and only photos with exactly one count/);
  assert.equal(await page.locator(".face").count(), 0);
  const { bytes } = await downloaded(page, () => page.getByRole("button", { name: "Export CSV" }).click());
  assert.match(bytes.toString(), /rejected: \d faces found, exactly one is wanted/);
  await page.getByRole("switch", { name: "Only photos with exactly one face" }).uncheck();
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

test("below the confidence that the user sets a face is called uncertain", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  await page.locator("#threshold").fill("95");
  const titles = await page.locator(".face .title").allInnerTexts();
  const details = await page.locator(".face .detail").allInnerTexts();
  assert.ok(titles.includes("Uncertain"));
  titles.forEach((title, i) => title === "Uncertain" && assert.match(details[i], /^leans to \w+, \d+%$/));
  assert.equal(await page.locator("#threshold-value").innerText(), "95%");
  await page.locator("#threshold").fill("0");
  assert.ok(!(await page.locator(".face .title").allInnerTexts()).includes("Uncertain"));
  await page.done();
});

test("a file that is no picture is told from one, and the others go on", async () => {
  const page = await openPage(browser, server.url);
  const notes = join(scratch, "notes.txt");
  writeFileSync(notes, "not a picture");
  await upload(page, notes, kThree);
  const card = page.locator(".card", { hasText: "notes.txt" });
  assert.match(await card.locator(".message-title").innerText(), /not a picture|not read/);
  assert.match(await card.innerText(), /JPEG, PNG/, "it says what is read");
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

test("what only the browser can decode is sent as JPEG", async () => {
  const page = await openPage(browser, server.url);
  const gif = join(scratch, "three.gif");
  execFileSync("ffmpeg", ["-v", "error", "-y", "-i", kThree, gif]);
  await upload(page, gif);
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

test("a photo is pasted from the clipboard", async () => {
  const page = await openPage(browser, server.url, { permissions: ["clipboard-read", "clipboard-write"] });
  const png = join(scratch, "three.png");
  execFileSync("ffmpeg", ["-v", "error", "-y", "-i", kThree, png]);
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
  }, readFileSync(png).toString("base64"));
  await page.keyboard.press("Control+V");
  await answered(page, 1);
  assert.ok((await page.locator(".face").count()) > 1);
  await page.done();
});

/** What is dropped: a photograph, and films with these names that no browser plays. */
const dragged = (page, ...films) =>
  page.evaluateHandle(
    ({ base64, films }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "dropped.jpg", { type: "image/jpeg" }));
      for (const name of films) data.items.add(new File(["no film"], name, { type: "video/webm" }));
      return data;
    },
    { base64: readFileSync(kThree).toString("base64"), films },
  );

test("a photo is dropped anywhere on the page, also while another tab shows", async () => {
  const page = await openPage(browser, server.url, { path: "#camera" });
  const transfer = await dragged(page);
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  assert.ok(await page.locator("#veil").evaluate((veil) => veil.classList.contains("shown")));
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await answered(page, 1);
  assert.equal(await page.locator(".card h3").innerText(), "dropped.jpg");
  assert.equal(await page.getByRole("tab", { selected: true }).innerText(), "Photos");
  await page.done();
});

test("of a photo and two films in one drop the photo and the first film are taken, and the page says what became of all", async () => {
  const page = await openPage(browser, server.url);
  await page.dispatchEvent("body", "drop", { dataTransfer: await dragged(page, "first.webm", "second.webm") });
  await answered(page, 1);
  assert.equal(await page.getByRole("tab", { selected: true }).innerText(), "Film");
  assert.match(await page.locator("#film .placeholder").innerText(), /first\.webm/);
  assert.equal(await page.locator("#notice").innerText(), "1 photo went to the tab Photos. One film at a time is read; left out: second.webm.");
  await page.done();
});

test("the CSV is that of mien predict; a name with a comma is quoted", async () => {
  const page = await openPage(browser, server.url);
  const odd = join(scratch, 'two, "friends".jpg');
  writeFileSync(odd, readFileSync(kTwo));
  await upload(page, kThree, odd);
  const { name, bytes } = await downloaded(page, () => page.getByRole("button", { name: "Export CSV" }).click());
  assert.equal(name, "mien.csv");
  const expected = runMien("predict", kThree, odd, "--format", "csv").replaceAll(join(kThree, "..") + "/", "").replaceAll(scratch + "/", "");
  assert.equal(bytes.toString(), expected);
  await page.done();
});

test("a photo is saved as PNG with boxes and bars", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  const { name, bytes } = await downloaded(page, () => page.getByRole("button", { name: "Save PNG" }).click());
  assert.equal(name, "2008_002506-mien.png");
  assert.equal(pngSize(bytes).width, 2400);
  await page.done();
});

test("the PNG of a crowd has fewer pixels for each face, that of too large a crowd is refused", async () => {
  const page = await openPage(browser, server.url);
  const pngOf = (count) =>
    page.evaluate(async (count) => {
      const { photoPng } = await import("./js/png.js");
      const face = { box: { x: 1, y: 1, width: 9, height: 9 }, emotion: "happy", confidence: 1, probabilities: { happy: 1 } };
      const faces = Array(count).fill(face);
      const source = Object.assign(document.createElement("canvas"), { width: 500, height: 400 });
      const shot = { source, size: source, faces, numbers: faces.map((_, i) => i + 1), labels: ["happy"], threshold: 0 };
      const { width, height } = await createImageBitmap(await photoPng(shot));
      return { width, height };
    }, count);
  const { width, height } = await pngOf(300);
  assert.ok(width < 2400 && width > 1000 && width * height <= 1 << 24, `${width} × ${height}`);
  await assert.rejects(pngOf(5000), /too many faces/);
  await page.done();
});

test("a picture with more pixels than every browser encodes is sent with fewer", async () => {
  const page = await openPage(browser, server.url);
  const { width, height } = await page.evaluate(async () => {
    const { loadPicture, toJpeg } = await import("./js/pictures.js");
    const large = Object.assign(document.createElement("canvas"), { width: 6000, height: 3000 });
    const picture = await loadPicture(await new Promise((resolve) => large.toBlob(resolve)));
    const { width, height } = await createImageBitmap(await toJpeg(picture));
    return { width, height };
  });
  assert.ok(width > 5700 && width < 6000 && width * height <= 1 << 24, `${width} × ${height}`);
  assert.ok(Math.abs(width / height - 2) < 0.001);
  await page.done();
});

test("a picture that the browser cannot encode is told in words, sent or saved", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  await page.evaluate(() => (HTMLCanvasElement.prototype.toBlob = (done) => done(null)));
  await page.getByRole("button", { name: "Save PNG" }).click();
  await page.locator("#notice", { hasText: "2008_002506-mien.png is not saved. The browser cannot encode a picture of 2400 × " }).waitFor();
  const gif = join(scratch, "small.gif");
  execFileSync("ffmpeg", ["-v", "error", "-y", "-i", kThree, gif]);
  await upload(page, gif);
  assert.equal(await page.locator(".message-title").innerText(), "This picture is too large for the browser");
  await page.done();
});

test("a click on why shows two heat maps over the face, a second one hides them", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  const why = page.getByRole("button", { name: /^Why\? What speaks for \w+ in face 2$/ });
  await why.click();
  const maps = page.locator(".face").nth(1).locator(".why canvas");
  await maps.nth(1).waitFor();
  assert.match(await page.locator(".why-title").innerText(), /^What speaks for \w+/);
  const colours = await maps.first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(Array.from({ length: 400 }, (_, i) => data.slice(4 * 256 * i, 4 * 256 * i + 3).join())).size;
  });
  assert.ok(colours > 50, `${colours} colours`);
  await page.locator("#threshold").fill("50"); // does not close it
  assert.ok(await maps.first().isVisible());
  await why.click();
  assert.ok(await maps.first().isHidden());
  await page.done();
});

test("a box and its row point at each other", async () => {
  const page = await openPage(browser, server.url);
  await upload(page, kThree);
  await page.locator(".face").nth(1).hover();
  assert.deepEqual(await page.locator(".box").evaluateAll((boxes) => boxes.map((box) => box.classList.contains("lit"))), [false, true, false]);
  await page.locator(".box").first().hover();
  assert.ok(await page.locator(".face").first().evaluate((face) => face.classList.contains("lit")));
  await page.done();
});
