/** A storage of the browser; where site data are blocked, which makes the mere property throw, one that ends with the page. */
function open(name) {
  try {
    return window[name];
  } catch {
    const values = new Map();
    return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value) };
  }
}

export const lasting = open("localStorage");
export const forThisVisit = open("sessionStorage");
