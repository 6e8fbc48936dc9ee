// What the page says when the server refuses, is busy, wants a token or is gone.
import assert from "node:assert/strict";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { answered, kThree, kTwo, openPage, photo, scratch, startBrowser, startServer, upload } from "./harness.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

async function withServer(options, body) {
  const server = await startServer(...options);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

test("a file over the server's limit is refused before it is sent, with both sizes", () =>
  withServer(["--max-body", "1"], async ({ url }) => {
    const page = await openPage(browser, url);
    const large = join(scratch, "large.jpg");
    writeFileSync(large, Buffer.alloc((1 << 20) + 1)); // by one byte
    const sent = [];
    page.on("request", (request) => sent.push(request.method()));
    await page.locator('#server[data-state="ready"]').waitFor();
    await upload(page, large);
    assert.equal(await page.locator(".message-title").innerText(), "This file is too large");
    assert.match(await page.locator(".message").innerText(), /has 1\.1 MB, this server takes 1 MB/);
    assert.ok(!sent.includes("POST"));
    await page.done();
  }));

test("a picture with more pixels than the limit", () =>
  withServer(["--max-pixels", "1"], async ({ url }) => {
    const page = await openPage(browser, url);
    const wide = join(scratch, "wide.pgm");
    writeFileSync(wide, Buffer.concat([Buffer.from("P5 1200 1200 255\n"), Buffer.alloc(1200 * 1200)]));
    await upload(page, wide);
    assert.equal(await page.locator(".message-title").innerText(), "This picture has too many pixels");
    await page.done();
  }));

test("a busy server is asked again after the time that it names", () =>
  withServer([], async ({ url }) => {
    const page = await openPage(browser, url);
    let refusals = 0;
    await page.route("**/v1/analyze", (route) => {
      if (refusals++ > 0) return route.continue();
      const error = { error: { code: "busy", message: "the queue is full" } };
      return route.fulfill({ status: 429, headers: { "Retry-After": "2" }, contentType: "application/json", body: JSON.stringify(error) });
    });
    await page.setInputFiles("#photo-input", kThree);
    await page.getByText("The server is busy; trying again in 2 seconds").waitFor();
    await answered(page, 1);
    assert.ok((await page.locator(".face").count()) > 1);
    await page.done();
  }));

test("a server that stays busy is an error with a way to try again", () =>
  withServer([], async ({ url }) => {
    const page = await openPage(browser, url);
    await page.route("**/v1/analyze", (route) =>
      route.fulfill({ status: 429, headers: { "Retry-After": "0.01" }, contentType: "application/json", body: '{"error": {"code": "busy", "message": "the queue is full"}}' }),
    );
    await upload(page, kThree);
    assert.equal(await page.locator(".message-title").innerText(), "The server is busy");
    await page.unroute("**/v1/analyze");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".face").first().waitFor();
    await page.done();
  }));

test("an answer that is not the server's own is still an error in words", () =>
  withServer([], async ({ url }) => {
    const page = await openPage(browser, url);
    await page.route("**/v1/analyze", (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }));
    await upload(page, kThree);
    assert.match(await page.locator(".message").innerText(), /status 502/);
    await page.done();
  }));

test("the server goes and comes back", async () => {
  let server = await startServer();
  const { url, port } = server;
  const page = await openPage(browser, url);
  await page.locator('#server[data-state="ready"]').waitFor();
  await server.stop();
  await upload(page, kThree);
  assert.equal(await page.locator(".message-title").innerText(), "The server does not answer");
  assert.match(await page.getByRole("alert").innerText(), /Is mien serve still running\?/);
  assert.equal(await page.locator("#server-text").innerText(), "no answer");
  server = await startServer("--port", port);
  await page.locator('#server[data-state="ready"]').waitFor(); // found without being asked to
  assert.ok(await page.getByRole("alert").isHidden());
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".face").first().waitFor();
  await server.stop();
  await page.done();
});

/** A server that wants the token "open sesame", and a page of it. */
async function withToken(body) {
  const file = join(scratch, "token");
  writeFileSync(file, "open sesame\n");
  await withServer(["--token-file", file], async ({ url }) => {
    const page = await openPage(browser, url);
    await body(page);
    await page.done();
  });
}

const enterToken = async (page, token) => {
  await page.getByRole("textbox", { name: "Token" }).fill(token);
  await page.keyboard.press("Enter");
};
const cancel = (page) => page.getByRole("button", { name: "Cancel" }).click();

test("a token is asked for once, and kept for the visit", () =>
  withToken(async (page) => {
    const dialog = page.getByRole("dialog", { name: "This server asks for a token" });
    await dialog.waitFor();
    await enterToken(page, "open sesame");
    await page.locator('#server[data-state="ready"]').waitFor();
    await upload(page, kThree);
    assert.ok((await page.locator(".face").count()) > 1);
    await page.reload();
    await page.locator('#server[data-state="ready"]').waitFor();
    assert.ok(await dialog.isHidden());
  }));

test("a token that is wrong, or that no header takes, is refused in the dialog", () =>
  withToken(async (page) => {
    const problem = page.locator("#token-problem");
    await enterToken(page, "schl\u00fcssel \u2713");
    assert.match(await problem.innerText(), /only plain letters/);
    await enterToken(page, "wrong");
    await problem.getByText("does not know this token").waitFor();
    await page.evaluate(() => sessionStorage.setItem("mien-token", "schl\u00fcssel \u2713"));
    await page.reload();
    await enterToken(page, " open sesame ");
    await page.locator('#server[data-state="ready"]').waitFor();
  }));

test("whoever cancels the token's dialog is not asked again for what is queued, but upon trying again", () =>
  withToken(async (page) => {
    await cancel(page);
    await page.setInputFiles("#photo-input", [kThree, kTwo, photo("2007_007763.jpg"), photo("2008_001009.jpg")]);
    await cancel(page);
    await answered(page, 4);
    assert.deepEqual(await page.locator(".message-title").allInnerTexts(), Array(4).fill("This server wants a token"));
    await page.getByRole("button", { name: "Try again" }).last().click();
    await enterToken(page, "open sesame");
    await page.locator(".face").first().waitFor();
    await page.locator('#server[data-state="ready"]').waitFor(); // it is met again
  }));

test("a server that is not ready yet is looked for again", () =>
  withServer([], async ({ url }) => {
    const page = await openPage(browser, url);
    let refuse = true;
    await page.route("**/v1/models", (route) => (refuse ? route.fulfill({ status: 503, body: "starting" }) : route.continue()));
    await page.reload();
    await page.getByText("not ready").waitFor();
    refuse = false;
    await page.locator('#server[data-state="ready"]').waitFor();
    await page.done();
  }));

test("a file that has gone since it was chosen is told from a server that has gone", () =>
  withServer([], async ({ url }) => {
    const page = await openPage(browser, url);
    const moved = join(scratch, "moved.jpg");
    copyFileSync(kThree, moved);
    await page.evaluate(() => document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "chosen" })));
    await page.setInputFiles("#chosen", moved);
    rmSync(moved);
    await page.evaluate(() => {
      const input = document.querySelector("#photo-input");
      input.files = document.querySelector("#chosen").files;
      input.dispatchEvent(new Event("change"));
    });
    await answered(page, 1);
    assert.equal(await page.locator(".message-title").innerText(), "This file cannot be read");
    assert.ok(await page.locator("#gone").isHidden());
    await page.done();
  }));

test("the page works where site data are blocked", () =>
  withServer([], async ({ url }) => {
    const page = await openPage(browser, url);
    await page.addInitScript(() => {
      const get = () => {
        throw new DOMException("access is denied", "SecurityError");
      };
      for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get });
    });
    await page.reload();
    await page.locator('#server[data-state="ready"]').waitFor();
    await page.getByRole("button", { name: /^Colours:/ }).click();
    assert.equal(await page.locator("html").getAttribute("data-theme"), "light");
    await page.done();
  }));
