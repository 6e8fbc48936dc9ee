import { connection, serverInfo } from "./api.js";
import { Camera } from "./camera.js";
import { byId, h, notify, plural } from "./dom.js";
import { Film } from "./film.js";
import { Photos } from "./photos.js";
import { settings } from "./settings.js";
import { setUpTheme } from "./theme.js";

const kRetry = 3000; // milliseconds between looks for a server that is gone or not ready

const views = {
  photos: new Photos(byId("photos")),
  camera: new Camera(byId("camera")),
  film: new Film(byId("film")),
};

function showTab(name) {
  for (const tab of Object.keys(views)) {
    const chosen = tab === name;
    byId(tab).hidden = !chosen;
    byId(`tab-${tab}`).ariaSelected = String(chosen);
    byId(`tab-${tab}`).tabIndex = chosen ? 0 : -1;
  }
  if (name !== "camera") views.camera.stop(); // nobody is filmed unseen
  byId("one-face-setting").hidden = name !== "photos";
  byId("actions").replaceChildren(...views[name].actions);
  history.replaceState(null, "", name === "photos" ? "./" : `#${name}`);
}

function setUpTabs() {
  const names = Object.keys(views);
  names.forEach((name, i) => {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => showTab(name));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = names[(i + step + names.length) % names.length];
      showTab(next);
      byId(`tab-${next}`).focus();
    });
  });
  const wanted = location.hash.slice(1);
  showTab(names.includes(wanted) ? wanted : "photos");
}

function setUpSettings() {
  const slider = byId("threshold");
  const apply = () => {
    const threshold = Number(slider.value) / 100;
    byId("threshold-value").textContent = slider.ariaValueText = threshold === 0 ? "off" : `${slider.value}%`;
    settings.set({ threshold });
  };
  slider.addEventListener("input", apply);
  byId("one-face").addEventListener("change", (event) => settings.set({ oneFace: event.target.checked }));
  apply();
}

/** Some systems know no type for what they seldom see. */
const isFilm = (file) => file.type.startsWith("video/") || (file.type === "" && /\.(mp4|m4v|mov|mkv|webm|avi|ogv)$/i.test(file.name));

/** Files from a drop or the clipboard: the first film goes to its tab, what is no film is taken for a photo. */
function take(files) {
  const [film, ...otherFilms] = files.filter(isFilm);
  const photos = files.filter((file) => !isFilm(file));
  if (photos.length > 0) views.photos.add(photos);
  if (film) views.film.open(film);
  if (files.length > 0) showTab(film ? "film" : "photos");
  const aside = [];
  if (film && photos.length > 0) aside.push(`${plural(photos.length, "photo")} went to the tab Photos.`);
  if (otherFilms.length > 0) aside.push(`One film at a time is read; left out: ${otherFilms.map((file) => file.name).join(", ")}.`);
  notify(aside.join(" "));
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
    take([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) take(files);
  });
}

function showServer(state, text) {
  byId("server").dataset.state = state;
  byId("server-text").textContent = text;
}

let timer = 0;
function meetServerSoon() {
  clearTimeout(timer);
  timer = setTimeout(meetServer, kRetry);
}

async function meetServer() {
  clearTimeout(timer);
  try {
    const { model } = await serverInfo();
    showServer("ready", `${model.name} · ${model.detector}`);
    views.photos.setLabels(model.labels);
  } catch (error) {
    showServer("gone", error.code === "gone" ? "no answer" : "not ready");
    if (error.code === "gone" || error.status >= 500) meetServerSoon();
  }
}

function setUpConnection() {
  connection.addEventListener("gone", () => {
    showServer("gone", "no answer");
    const question = ["Is ", h("code", {}, "mien serve"), " still running? This page looks for it again every few seconds."];
    const text = h("p", {}, h("strong", {}, "The server does not answer. "), ...question);
    byId("gone").replaceChildren(text);
    byId("gone").hidden = false;
    meetServerSoon();
  });
  connection.addEventListener("back", () => {
    byId("gone").hidden = true;
    meetServer();
  });
  connection.addEventListener("token", meetServer);
  meetServer();
}

function explainPrivacy() {
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const host = h("strong", {}, location.host);
  const forgets = "reads them, answers, and forgets them. Nothing is written to disk or to a log.";
  const words = here
    ? ["Nothing leaves this computer. Pictures go from this page to the Mien server at ", host, `, which runs here too; it ${forgets}`]
    : ["Pictures go from this page to the Mien server at ", host, `, which sent it, and to nobody else. It ${forgets}`];
  byId("privacy").replaceChildren(...words);
}

setUpTheme(byId("theme"));
setUpSettings();
setUpTabs();
setUpDropAndPaste();
setUpConnection();
explainPrivacy();
