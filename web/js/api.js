import { byId } from "./dom.js";
import { mostProbable } from "./emotions.js";

const kTries = 6; // while the server is busy

/** What the server refused, or that it is not there: `code` as in docs/http-api.md, "gone", or "offline". */
export class ApiError extends Error {
  constructor(code, message, { status = 0, retryAfter = 1 } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Fires "gone" and "back" when the server stops and starts to answer. */
export const connection = new EventTarget();
let reachable = true;
function setReachable(now) {
  if (now !== reachable) connection.dispatchEvent(new Event(now ? "back" : "gone"));
  reachable = now;
}

let token = sessionStorage.getItem("mien-token");
let asking = null;

/** Asks for the token once, however many requests wait for it. Resolves to whether there is one. */
function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token-dialog");
    dialog.returnValue = "";
    byId("token").value = "";
    byId("token-cancel").onclick = () => dialog.close();
    dialog.addEventListener(
      "close",
      () => {
        asking = null;
        if (dialog.returnValue !== "ok") return resolve(false);
        token = byId("token").value;
        sessionStorage.setItem("mien-token", token);
        resolve(true);
      },
      { once: true },
    );
    dialog.showModal();
  });
  return asking;
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

/** A request whose answer is JSON. Throws ApiError, or AbortError where `signal` fired. */
export async function request(path, { headers = {}, ...options } = {}) {
  const sent = token;
  let response;
  try {
    response = await fetch(path, { ...options, headers: sent ? { ...headers, Authorization: `Bearer ${sent}` } : headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    setReachable(false);
    throw new ApiError("gone", "the server does not answer: is mien serve still running?");
  }
  setReachable(true);
  if (response.ok) return response.json();
  if (response.status === 401 && (token !== sent || (await askForToken()))) return request(path, { headers, ...options });
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

const inMegabytes = (bytes) => `${Math.ceil(bytes / 1e6)} MB`;

/** Sends a picture. While the server is busy, waits as it is told to and tries again; `onWait` then gets the seconds. */
async function postPicture(path, picture, { signal, onWait } = {}) {
  if (limits && picture.size > limits.body_bytes) {
    // The server would hang up in the middle of the upload, which a browser shows as a lost connection.
    const sizes = `${inMegabytes(picture.size)}, this server takes ${inMegabytes(limits.body_bytes)}`;
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
  film_broken: "This film is damaged",
};

/** Title and text of an error, for people. */
export function explainError(error) {
  const text = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  return { title: kTitles[error.code] ?? "The server could not read this", text: /[.!?]$/.test(text) ? text : text + "." };
}
