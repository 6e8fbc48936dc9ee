import { byId } from "./dom.js";
import { sessionStore } from "./storage.js";

const kMaxAttempts = 6; // while the server is busy
const kMebibyte = 1 << 20; // shown as "MB", as in mien serve --help
const kTokenKey = "mien-token";

/** A failed request. `code` is one of docs/http-api.md, or the page's own "unreachable" or "unreadable". */
class ApiError extends Error {
  constructor(code, message, { status = 0, retryAfter = 1 } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Fires "lost" and "restored" when the server stops and starts to respond, and "token" when the user has entered a token. */
export const connection = new EventTarget();
let reachable = true;
function setReachable(now) {
  if (now !== reachable) connection.dispatchEvent(new Event(now ? "restored" : "lost"));
  reachable = now;
}

/** Whether fetch accepts the text in a header; it throws on other characters. */
const isHeaderText = (text) => /^[\x20-\x7e]+$/.test(text);

const storedToken = sessionStore.getItem(kTokenKey);
let token = storedToken !== null && isHeaderText(storedToken) ? storedToken : null;
let tokenPrompt = null;
let declined = false;

/** Lets the token dialog open again after the user canceled it. Call this when the user starts something new. */
export function allowTokenPrompt() {
  declined = false;
}

/** Asks for the token once, however many requests wait for it. Resolves to whether the user entered one. */
async function askForToken(problem) {
  if (declined) return false;
  tokenPrompt ??= showTokenDialog(problem).finally(() => (tokenPrompt = null));
  return tokenPrompt;
}

function showTokenDialog(problem) {
  const dialog = byId("token-dialog");
  const input = byId("token");
  const showProblem = (text) => {
    byId("token-problem").textContent = text;
    input.ariaInvalid = String(text !== "");
  };
  dialog.returnValue = "";
  input.value = "";
  showProblem(problem);
  byId("token-cancel").onclick = () => dialog.close();
  byId("token-form").onsubmit = (event) => {
    if (isHeaderText(input.value.trim())) return;
    event.preventDefault();
    showProblem("A token can contain only ASCII letters, digits and punctuation.");
  };
  dialog.showModal();
  return new Promise((resolve) => {
    const close = () => {
      declined = dialog.returnValue !== "ok";
      if (declined) return resolve(false);
      token = input.value.trim();
      sessionStore.setItem(kTokenKey, token);
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
    // Not JSON: a proxy between the page and the server responded.
  }
  const options = { status: response.status, retryAfter: Number(response.headers.get("Retry-After")) || 1 };
  return new ApiError(error.code ?? "internal", error.message ?? `the server responded with status ${response.status}`, options);
}

/** Whether the browser can still read the file. It cannot if the file was changed or moved, or is a folder. */
async function isReadable(file) {
  try {
    await file.arrayBuffer(); // the whole file: Chromium returns an empty slice of a deleted file
    return true;
  } catch {
    return false;
  }
}

/** Sends a request and returns the JSON response. Throws ApiError, or AbortError if `signal` fired. */
async function request(path, { headers = {}, ...options } = {}) {
  const sentToken = token;
  let response;
  try {
    const authorization = sentToken ? { Authorization: `Bearer ${sentToken}` } : {};
    response = await fetch(path, { ...options, headers: { ...headers, ...authorization } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (options.body && !(await isReadable(options.body))) {
      throw new ApiError("unreadable", "the file was moved or changed, or is a folder: choose it again");
    }
    setReachable(false);
    throw new ApiError("unreachable", "cannot connect to the server; check that mien serve is still running");
  }
  setReachable(true);
  if (response.ok) return response.json();
  if (response.status === 401) {
    const problem = sentToken ? "Invalid token." : "";
    if (token !== sentToken || (await askForToken(problem))) return request(path, { headers, ...options });
  }
  throw await toError(response);
}

let limits = null;

/** The default model of the server. Remembers the server's limits for later requests. */
export async function defaultModel() {
  const response = await request("/v1/models");
  limits = response.limits ?? null;
  return response.models.find((model) => model.default) ?? response.models[0];
}

const wait = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });

const inMegabytes = (bytes, round) => `${round((10 * bytes) / kMebibyte) / 10} MB`;

/** Sends an image. While the server is busy, waits as told and retries; `onWait` receives the seconds. */
async function postImage(path, image, { signal, onWait } = {}) {
  if (limits && image.size > limits.body_bytes) {
    // The server would close the connection during the upload, which looks like a lost connection to the browser.
    const [size, limit] = [inMegabytes(image.size, Math.ceil), inMegabytes(limits.body_bytes, Math.floor)];
    throw new ApiError("body_too_large", `the file has ${size}, but this server accepts at most ${limit}`, { status: 413 });
  }
  const type = image.type.startsWith("image/") ? image.type : "application/octet-stream";
  for (let attempt = 1; ; ++attempt) {
    try {
      return await request(path, { method: "POST", headers: { "Content-Type": type }, body: image, signal });
    } catch (error) {
      if (error.code !== "busy" || attempt === kMaxAttempts) throw error;
      onWait?.(error.retryAfter);
      await wait(error.retryAfter, signal);
    }
  }
}

async function postForFaces(path, image, options) {
  const { results, labels, milliseconds } = await postImage(path, image, options);
  return { ...results[0], labels, milliseconds };
}

/** The faces of a photo: {width, height, faces, labels, milliseconds}. */
export const analyze = (image, options) => postForFaces("/v1/analyze", image, options);

/** The same for a frame of a session, with the frame's number and each face's `track` (docs/http-api.md). */
export const analyzeFrame = (image, session, time, options) =>
  postForFaces(`/v1/analyze?session=${session}&time=${time.toFixed(4)}`, image, options);

/** What made the model predict the label of a face, counted from 1: {crop, grad_cam, occlusion} (docs/http-api.md). */
export const explain = (image, face) => postImage(`/v1/explain?face=${face}`, image);

const kErrorTitles = {
  unreachable: "The server does not respond",
  busy: "The server is busy",
  draining: "The server is shutting down",
  unauthorized: "Access token required",
  body_too_large: "File too large",
  too_large: "Too many pixels",
  unsupported: "Unsupported file type",
  bad_format: "Damaged or unsupported image",
  timeout: "The upload timed out",
  unreadable: "Cannot read this file",
  encoding_failed: "The browser could not encode the image",
  video_broken: "Damaged video",
};

/** Title and text of an error, for people. */
export function describeError(error) {
  const text = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  const title = kErrorTitles[error.code] ?? "The server could not process the request";
  return { title, text: /[.!?]$/.test(text) ? text : text + "." };
}
