import { describeError } from "./api.js";
import { h, notify } from "./dom.js";

/** Offers a file to the user as a download. */
export function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Downloads a file once its promise resolves, or tells the user why it failed. */
export async function downloadWhenReady(name, promise) {
  try {
    download(name, await promise);
    notify("");
  } catch (error) {
    notify(`Could not save ${name}. ${describeError(error).text}`);
  }
}

/** A file name without its extension. */
export const stem = (name) => name.replace(/\.[^.]*$/, "") || "image";
