import { connection, defaultModel } from "./api.js";
import { CameraTab } from "./camera.js";
import { byId, h, notify, plural } from "./dom.js";
import { PhotosTab } from "./photos.js";
import { settings } from "./settings.js";
import { setUpTheme } from "./theme.js";
import { VideoTab } from "./video.js";

const kRetryDelay = 3000; // milliseconds between requests to a server that is unreachable or not ready

const tabs = {
  photos: new PhotosTab(byId("photos")),
  camera: new CameraTab(byId("camera")),
  video: new VideoTab(byId("video")),
};

function showTab(name) {
  for (const other of Object.keys(tabs)) {
    const selected = other === name;
    byId(other).hidden = !selected;
    byId(`tab-${other}`).ariaSelected = String(selected);
    byId(`tab-${other}`).tabIndex = selected ? 0 : -1;
  }
  if (name !== "camera") tabs.camera.stop(); // never record unseen
  byId("one-face-setting").hidden = name !== "photos";
  byId("actions").replaceChildren(...tabs[name].actions);
  history.replaceState(null, "", name === "photos" ? "./" : `#${name}`);
}

function setUpTabs() {
  const names = Object.keys(tabs);
  names.forEach((name, i) => {
    const button = byId(`tab-${name}`);
    button.addEventListener("click", () => showTab(name));
    button.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = names[(i + step + names.length) % names.length];
      showTab(next);
      byId(`tab-${next}`).focus();
    });
  });
  const requested = location.hash.slice(1);
  showTab(names.includes(requested) ? requested : "photos");
}

const threshold = byId("threshold");
let thresholdChosen = false; // by the user

function applyThreshold() {
  const value = Number(threshold.value);
  byId("threshold-value").textContent = threshold.ariaValueText = value === 0 ? "off" : `${value}%`;
  settings.set({ threshold: value / 100 });
}

/** Until the user chooses a threshold, it is the server's. */
function setDefaultThreshold(minConfidence) {
  if (thresholdChosen) return;
  threshold.value = String(100 * minConfidence);
  applyThreshold();
}

function setUpSettings() {
  threshold.addEventListener("input", () => {
    thresholdChosen = true;
    applyThreshold();
  });
  byId("one-face").addEventListener("change", (event) => settings.set({ oneFace: event.target.checked }));
  applyThreshold();
}

/** Some systems report no type for uncommon formats; then the extension decides. */
const isVideo = (file) =>
  file.type.startsWith("video/") || (file.type === "" && /\.(mp4|m4v|mov|mkv|webm|avi|ogv)$/i.test(file.name));

/** Opens dropped or pasted files: the first video in its tab, all files that are not videos as photos. */
function openFiles(files) {
  const [video, ...ignored] = files.filter(isVideo);
  const photos = files.filter((file) => !isVideo(file));
  if (photos.length > 0) tabs.photos.add(photos);
  if (video) tabs.video.open(video);
  if (files.length > 0) showTab(video ? "video" : "photos");
  const messages = [];
  if (video && photos.length > 0) messages.push(`Added ${plural(photos.length, "photo")} to the Photos tab.`);
  if (ignored.length > 0) messages.push(`Only one video at a time. Ignored: ${ignored.map((file) => file.name).join(", ")}.`);
  notify(messages.join(" "));
}

function setUpDropAndPaste() {
  const veil = byId("veil");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.classList.add("shown");
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && veil.classList.remove("shown"));
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.classList.remove("shown");
    openFiles([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) openFiles(files);
  });
}

function showServerState(state, text) {
  byId("server").dataset.state = state;
  byId("server-text").textContent = text;
}

let retryTimer = 0;
function retryConnecting() {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, kRetryDelay);
}

async function connect() {
  clearTimeout(retryTimer);
  try {
    const model = await defaultModel();
    showServerState("ready", `${model.name} · ${model.detector}`);
    tabs.photos.setLabels(model.labels);
    setDefaultThreshold(model.min_confidence);
  } catch (error) {
    const unreachable = error.code === "unreachable";
    showServerState("unavailable", unreachable ? "Not responding" : "Not ready");
    if (unreachable || error.status >= 500) retryConnecting();
  }
}

function setUpConnection() {
  const alert = byId("connection-alert");
  connection.addEventListener("lost", () => {
    showServerState("unavailable", "Not responding");
    const hint = ["Check that ", h("code", {}, "mien serve"), " is still running. This page retries every few seconds."];
    alert.replaceChildren(h("p", {}, h("strong", {}, "The server does not respond. "), ...hint));
    alert.hidden = false;
    retryConnecting();
  });
  connection.addEventListener("restored", () => {
    alert.hidden = true;
    connect();
  });
  connection.addEventListener("token", connect);
  connect();
}

function showPrivacyNote() {
  const host = h("strong", {}, location.host);
  const storage = "It analyzes them in memory and never stores or logs them.";
  const [before, after] = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)
    ? ["Your photos and videos stay on this computer. ", `which runs here too. ${storage}`]
    : ["", `which also served this page. ${storage}`];
  byId("privacy").replaceChildren(before, "This page sends images only to the Mien server at ", host, ", ", after);
}

setUpTheme(byId("theme"));
setUpSettings();
setUpTabs();
setUpDropAndPaste();
setUpConnection();
showPrivacyNote();
