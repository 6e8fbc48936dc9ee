import { h } from "./dom.js";
import { localStore } from "./storage.js";

const kKey = "mien-theme";
const kNext = { auto: "light", light: "dark", dark: "auto" };
const kIcons = { auto: "◐", light: "☀", dark: "☾" };

/** The font family of the style sheet, for canvases. */
export const kFontFamily = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** Light, dark, or as the system is set. Fires "change". */
export const theme = new EventTarget();

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const colors = new Map();

function changed() {
  colors.clear();
  theme.dispatchEvent(new Event("change"));
}

/** The current value of a color of the style sheet, for canvases: light-dark() is only resolved on an element. */
export function themeColor(name) {
  if (!colors.has(name)) {
    const probe = h("span", { hidden: true });
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    colors.set(name, getComputedStyle(probe).color);
    probe.remove();
  }
  return colors.get(name);
}

/** Makes `button` cycle through the three themes. The browser keeps the choice. */
export function setUpTheme(button) {
  let choice = localStore.getItem(kKey) ?? "auto";
  const apply = () => {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.textContent = kIcons[choice];
    button.ariaLabel = button.title = `Theme: ${choice === "auto" ? "system" : choice}`;
    changed();
  };
  button.addEventListener("click", () => {
    choice = kNext[choice];
    localStore.setItem(kKey, choice);
    apply();
  });
  systemIsDark.addEventListener("change", changed);
  apply();
}
