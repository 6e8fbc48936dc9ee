import { h } from "./dom.js";

/** Gives the user a file. */
export function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const stem = (name) => name.replace(/\.[^.]*$/, "") || "picture";
