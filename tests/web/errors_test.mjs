// What the page says when the server refuses, is busy, wants a token or is gone.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { answered, kThree, openPage, scratch, startBrowser, startServer, upload } from "./harness.mjs";

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
    writeFileSync(large, Buffer.concat([readFileSync(kThree), Buffer.alloc(2 << 20)]));
    const sent = [];
    page.on("request", (request) => sent.push(request.method()));
    await page.locator('#server[data-state="ready"]').waitFor();
    await upload(page, large);
    assert.equal(await page.locator(".message-title").innerText(), "This file is too large");
    assert.match(await page.locator(".message").innerText(), /has 3 MB, this server takes 2 MB/);
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

test("a token is asked for once, and kept for the visit", async () => {
  const file = join(scratch, "token");
  writeFileSync(file, "open sesame\n");
  await withServer(["--token-file", file], async ({ url }) => {
    const page = await openPage(browser, url);
    const dialog = page.getByRole("dialog", { name: "This server asks for a token" });
    await dialog.waitFor();
    await page.getByRole("textbox", { name: "Token" }).fill("open sesame");
    await page.keyboard.press("Enter");
    await page.locator('#server[data-state="ready"]').waitFor();
    await upload(page, kThree);
    assert.ok((await page.locator(".face").count()) > 1);
    await page.reload();
    await page.locator('#server[data-state="ready"]').waitFor();
    assert.ok(await dialog.isHidden());
    await page.done();
  });
});

test("a wrong token is asked for again; without one the photo says so", async () => {
  const file = join(scratch, "token");
  writeFileSync(file, "open sesame\n");
  await withServer(["--token-file", file], async ({ url }) => {
    const page = await openPage(browser, url);
    await page.getByRole("textbox", { name: "Token" }).fill("wrong");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#token").value === "" && document.querySelector("dialog").open);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.setInputFiles("#photo-input", kThree);
    await page.getByRole("button", { name: "Cancel" }).click();
    await answered(page, 1);
    assert.equal(await page.locator(".message-title").innerText(), "This server wants a token");
    await page.done();
  });
});
