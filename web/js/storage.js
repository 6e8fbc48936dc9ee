/** A storage of the browser. If site data is blocked, reading the property throws; then a store that lasts as long as the page. */
function openStore(name) {
  try {
    return window[name];
  } catch {
    const values = new Map();
    return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value) };
  }
}

export const localStore = openStore("localStorage");
export const sessionStore = openStore("sessionStorage");
