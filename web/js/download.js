import { explainError } from "./api.js";
import { h, notify } from "./dom.js";

/** Gives the user a file. */
export function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Gives the user a file that is promised, or says why there is none. */
export async function downloadWhenMade(name, promised) {
  try {
    download(name, await promised);
    notify("");
  } catch (error) {
    notify(`${name} is not saved. ${explainError(error).text}`);
  }
}

export const stem = (name) => name.replace(/\.[^.]*$/, "") || "picture";
