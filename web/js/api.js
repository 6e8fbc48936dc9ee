import { byId } from "./dom.js";
import { mostProbable } from "./emotions.js";
import { forThisVisit } from "./storage.js";

const kTries = 6; // while the server is busy
const kMebibyte = 1 << 20; // "MB" for people, as in mien serve --help
const kTokenKey = "mien-token";

/** What the server refused, or what came before: `code` as in docs/http-api.md, "gone", or "unreadable". */
export class ApiError extends Error {
  constructor(code, message, { status = 0, retryAfter = 1 } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Fires "gone" and "back" when the server stops and starts to answer, "token" when the user has entered one. */
export const connection = new EventTarget();
let reachable = true;
function setReachable(now) {
  if (now !== reachable) connection.dispatchEvent(new Event(now ? "back" : "gone"));
  reachable = now;
}

/** fetch throws where a header has other characters. */
const canBeSent = (text) => /^[\x20-\x7e]+$/.test(text);

const stored = forThisVisit.getItem(kTokenKey);
let token = stored !== null && canBeSent(stored) ? stored : null;
let asking = null;
let declined = false;

/** The user begins something new, so whoever has cancelled the token's dialog may be asked again. */
export function allowAsking() {
  declined = false;
}

/** Asks for the token once, however many requests wait for it. Resolves to whether there is one. */
async function askForToken(problem) {
  if (declined) return false;
  asking ??= showTokenDialog(problem).finally(() => (asking = null));
  return asking;
}

function showTokenDialog(problem) {
  const dialog = byId("token-dialog");
  const input = byId("token");
  const complain = (text) => {
    byId("token-problem").textContent = text;
    input.ariaInvalid = String(text !== "");
  };
  dialog.returnValue = "";
  input.value = "";
  complain(problem);
  byId("token-cancel").onclick = () => dialog.close();
  byId("token-form").onsubmit = (event) => {
    if (canBeSent(input.value.trim())) return;
    event.preventDefault();
    complain("A token has only plain letters, digits and signs (ASCII); this one has something else.");
  };
  dialog.showModal();
  return new Promise((resolve) => {
    const close = () => {
      declined = dialog.returnValue !== "ok";
      if (declined) return resolve(false);
      token = input.value.trim();
      forThisVisit.setItem(kTokenKey, token);
      resolve(true);
      connection.dispatchEvent(new Event("token"));
    };
    dialog.addEventListener("close", close, { once: true });
  });
}

async function toError(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // Not JSON: something between the page and the server answered.
  }
  const options = { status: response.status, retryAfter: Number(response.headers.get("Retry-After")) || 1 };
  return new ApiError(error.code ?? "internal", error.message ?? `the server answered with status ${response.status}`, options);
}

/** Whether the browser still gets at a file: not where it was changed or moved since it was chosen, or is a folder. */
async function isReadable(file) {
  try {
    await file.arrayBuffer(); // all of it: Chromium gives an empty slice of a file that is gone
    return true;
  } catch {
    return false;
  }
}

/** A request whose answer is JSON. Throws ApiError, or AbortError where `signal` fired. */
export async function request(path, { headers = {}, ...options } = {}) {
  const sent = token;
  let response;
  try {
    response = await fetch(path, { ...options, headers: sent ? { ...headers, Authorization: `Bearer ${sent}` } : headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (options.body && !(await isReadable(options.body))) {
      throw new ApiError("unreadable", "the browser cannot read this file: it was moved or changed, or is a folder; choose it again");
    }
    setReachable(false);
    throw new ApiError("gone", "the server does not answer: is mien serve still running?");
  }
  setReachable(true);
  if (response.ok) return response.json();
  if (response.status === 401) {
    const problem = sent ? "The server does not know this token." : "";
    if (token !== sent || (await askForToken(problem))) return request(path, { headers, ...options });
  }
  throw await toError(response);
}

let limits = null;

/** The model in use and the limits of the server. */
export async function serverInfo() {
  const answer = await request("/v1/models");
  limits = answer.limits ?? null;
  return { model: answer.models.find((model) => model.default) ?? answer.models[0], limits };
}

const wait = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });

const inMegabytes = (bytes, round) => `${round((10 * bytes) / kMebibyte) / 10} MB`;

/** Sends a picture. While the server is busy, waits as it is told to and tries again; `onWait` then gets the seconds. */
async function postPicture(path, picture, { signal, onWait } = {}) {
  if (limits && picture.size > limits.body_bytes) {
    // The server would hang up in the middle of the upload, which a browser shows as a lost connection.
    const sizes = `${inMegabytes(picture.size, Math.ceil)}, this server takes ${inMegabytes(limits.body_bytes, Math.floor)}`;
    throw new ApiError("body_too_large", `the picture has ${sizes}: make it smaller`, { status: 413 });
  }
  const type = picture.type.startsWith("image/") ? picture.type : "application/octet-stream";
  for (let attempt = 1; ; ++attempt) {
    try {
      return await request(path, { method: "POST", headers: { "Content-Type": type }, body: picture, signal });
    } catch (error) {
      if (error.code !== "busy" || attempt === kTries) throw error;
      onWait?.(error.retryAfter);
      await wait(error.retryAfter, signal);
    }
  }
}

/** The faces of a picture: {width, height, faces, labels, milliseconds}. */
export async function analyze(picture, options) {
  const { results, labels, milliseconds } = await postPicture("/v1/analyze", picture, options);
  // A server with --min-confidence says "uncertain"; here the user decides when to.
  const faces = results[0].faces.map((face) => ({ ...face, emotion: mostProbable(face.probabilities) }));
  return { ...results[0], faces, labels, milliseconds };
}

/** What speaks for the emotion of a picture's face, counted from 1: {crop, grad_cam, occlusion} (docs/http-api.md). */
export const explain = (picture, face) => postPicture(`/v1/explain?face=${face}`, picture);

const kTitles = {
  gone: "The server does not answer",
  busy: "The server is busy",
  draining: "The server is stopping",
  unauthorized: "This server wants a token",
  body_too_large: "This file is too large",
  too_large: "This picture has too many pixels",
  unsupported: "This kind of file is not read",
  bad_format: "This is not a picture that can be read",
  timeout: "The upload took too long",
  unreadable: "This file cannot be read",
  not_encoded: "This picture is too large for the browser",
  film_broken: "This film is damaged",
};

/** Title and text of an error, for people. */
export function explainError(error) {
  const text = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  return { title: kTitles[error.code] ?? "The server could not read this", text: /[.!?]$/.test(text) ? text : text + "." };
}
