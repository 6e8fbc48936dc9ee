import { h } from "./dom.js";
import { lasting } from "./storage.js";

const kKey = "mien-theme";
const kNext = { auto: "light", light: "dark", dark: "auto" };
const kIcons = { auto: "◐", light: "☀", dark: "☾" };

/** Light, dark, or as the system is. Fires "change". */
export const theme = new EventTarget();

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const colours = new Map();

function changed() {
  colours.clear();
  theme.dispatchEvent(new Event("change"));
}

/** What the style sheet makes of a colour, for canvases: light-dark() in a property is only resolved on an element. */
export function themeColour(name) {
  if (!colours.has(name)) {
    const probe = h("span", { hidden: true });
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    colours.set(name, getComputedStyle(probe).color);
    probe.remove();
  }
  return colours.get(name);
}

/** Makes `button` go round the three choices. The choice is kept for the next visit. */
export function setUpTheme(button) {
  let choice = lasting.getItem(kKey) ?? "auto";
  const apply = () => {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.textContent = kIcons[choice];
    button.ariaLabel = button.title = `Colours: ${choice === "auto" ? "as the system" : choice}`;
    changed();
  };
  button.addEventListener("click", () => {
    choice = kNext[choice];
    lasting.setItem(kKey, choice);
    apply();
  });
  systemIsDark.addEventListener("change", changed);
  apply();
}
