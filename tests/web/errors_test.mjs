// What the page shows when the server refuses a request, is busy, requires a token or is unreachable.
import assert from "node:assert/strict";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  connected, errorCodes, finished, kThreePeople, kTwoPeople, openPage, photo, scratch, startBrowser, startServer, upload,
} from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

/** Opens a page of a server with these options, and closes both after the test. */
async function withPage(options, test) {
  const server = await startServer(...options);
  try {
    const page = await openPage(browser, server.url);
    await test(page);
    await page.done();
  } finally {
    await server.stop();
  }
}

/** Lets the server refuse requests as busy. */
const fulfillBusy = (route, seconds) =>
  route.fulfill({
    status: 429,
    headers: { "Retry-After": String(seconds) },
    contentType: "application/json",
    body: '{"error": {"code": "busy", "message": "the queue is full"}}',
  });

test("a file over the size limit is not sent; the message has both sizes", () =>
  withPage(["--max-body", "1"], async (page) => {
    const large = join(scratch, "large.jpg");
    writeFileSync(large, Buffer.alloc((1 << 20) + 1)); // one byte too many
    const methods = [];
    page.on("request", (request) => methods.push(request.method()));
    await connected(page);
    await upload(page, large);
    assert.deepEqual(await errorCodes(page), ["body_too_large"]);
    assert.match(await page.locator(".message").innerText(), /1\.1 MB.* 1 MB/);
    assert.ok(!methods.includes("POST"));
  }));

test("an image over the pixel limit", () =>
  withPage(["--max-pixels", "1"], async (page) => {
    const wide = join(scratch, "wide.pgm");
    writeFileSync(wide, Buffer.concat([Buffer.from("P5 1200 1200 255\n"), Buffer.alloc(1200 * 1200)]));
    await upload(page, wide);
    assert.deepEqual(await errorCodes(page), ["too_large"]);
    assert.match(await page.locator(".message-title").innerText(), /pixels/);
  }));

test("the page retries after the time that a busy server names", () =>
  withPage([], async (page) => {
    let attempts = 0;
    await page.route("**/v1/analyze", (route) => (attempts++ > 0 ? route.continue() : fulfillBusy(route, 2)));
    await page.setInputFiles("#photo-input", kThreePeople);
    await page.locator(".card .facts", { hasText: /busy.* 2 seconds/ }).waitFor();
    await finished(page, 1);
    assert.ok((await page.locator(".face").count()) > 1);
  }));

test("a server that stays busy is an error that the user can retry", () =>
  withPage([], async (page) => {
    await page.route("**/v1/analyze", (route) => fulfillBusy(route, 0.01));
    await upload(page, kThreePeople);
    assert.deepEqual(await errorCodes(page), ["busy"]);
    await page.unroute("**/v1/analyze");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".face").first().waitFor();
  }));

test("a response that is not from Mien is shown as an error", () =>
  withPage([], async (page) => {
    await page.route("**/v1/analyze", (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }));
    await upload(page, kThreePeople);
    assert.match(await page.locator(".message").innerText(), /502/);
  }));

test("the page reconnects when the server is back", async () => {
  let server = await startServer();
  const { url, port } = server;
  const page = await openPage(browser, url);
  await connected(page);
  await server.stop();
  await upload(page, kThreePeople);
  assert.deepEqual(await errorCodes(page), ["unreachable"]);
  assert.match(await page.getByRole("alert").innerText(), /mien serve/);
  assert.equal(await page.locator("#server").getAttribute("data-state"), "unavailable");
  server = await startServer("--port", port);
  await connected(page); // without any action of the user
  assert.ok(await page.getByRole("alert").isHidden());
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".face").first().waitFor();
  await server.stop();
  await page.done();
});

/** Opens a page of a server with the token "open sesame". */
async function withToken(test) {
  const file = join(scratch, "token");
  writeFileSync(file, "open sesame\n");
  await withPage(["--token-file", file], test);
}

const enterToken = async (page, token) => {
  await page.getByRole("textbox", { name: "Token" }).fill(token);
  await page.keyboard.press("Enter");
};
const cancel = (page) => page.getByRole("button", { name: "Cancel" }).click();

test("the page asks for a token once and keeps it for the session", () =>
  withToken(async (page) => {
    const dialog = page.getByRole("dialog", { name: /token/ });
    await dialog.waitFor();
    await enterToken(page, "open sesame");
    await connected(page);
    await upload(page, kThreePeople);
    assert.ok((await page.locator(".face").count()) > 1);
    await page.reload();
    await connected(page);
    assert.ok(await dialog.isHidden());
  }));

test("the dialog refuses a wrong token and one that no header can hold", () =>
  withToken(async (page) => {
    const problem = page.locator("#token-problem");
    await enterToken(page, "schl\u00fcssel \u2713");
    assert.match(await problem.innerText(), /ASCII/);
    await enterToken(page, "wrong");
    await problem.getByText(/Invalid/).waitFor();
    await page.evaluate(() => sessionStorage.setItem("mien-token", "schl\u00fcssel \u2713"));
    await page.reload();
    await enterToken(page, " open sesame ");
    await connected(page);
  }));

test("after the user cancels the token dialog, it opens again only on a retry", () =>
  withToken(async (page) => {
    await cancel(page);
    await page.setInputFiles("#photo-input", [kThreePeople, kTwoPeople, photo("2007_007763.jpg"), photo("2008_001009.jpg")]);
    await cancel(page);
    await finished(page, 4);
    assert.deepEqual(await errorCodes(page), Array(4).fill("unauthorized"));
    await page.locator(".thumbnail").last().click();
    await page.getByRole("button", { name: "Try again" }).click();
    await enterToken(page, "open sesame");
    await page.locator(".face").first().waitFor();
    await connected(page);
  }));

test("the page retries to connect to a server that is not ready yet", () =>
  withPage([], async (page) => {
    let ready = false;
    await page.route("**/v1/models", (route) => (ready ? route.continue() : route.fulfill({ status: 503, body: "starting" })));
    await page.reload();
    await page.locator('#server[data-state="unavailable"]').waitFor();
    ready = true;
    await connected(page);
  }));

test("a file that was deleted after it was chosen is not taken for an unreachable server", () =>
  withPage([], async (page) => {
    const deleted = join(scratch, "deleted.jpg");
    copyFileSync(kThreePeople, deleted);
    await page.evaluate(() => document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "chosen" })));
    await page.setInputFiles("#chosen", deleted);
    rmSync(deleted);
    await page.evaluate(() => {
      const input = document.querySelector("#photo-input");
      input.files = document.querySelector("#chosen").files;
      input.dispatchEvent(new Event("change"));
    });
    await finished(page, 1);
    assert.deepEqual(await errorCodes(page), ["unreadable"]);
    assert.ok(await page.locator("#connection-alert").isHidden());
  }));

test("the page works where site data are blocked", () =>
  withPage([], async (page) => {
    await page.addInitScript(() => {
      const get = () => {
        throw new DOMException("access is denied", "SecurityError");
      };
      for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get });
    });
    await page.reload();
    await connected(page);
    await page.getByRole("button", { name: /Theme/ }).click();
    assert.equal(await page.locator("html").getAttribute("data-theme"), "light");
  }));
