/** What the user has set, for the whole page. Fires "change". */
class Settings extends EventTarget {
  threshold = 0; // a face less sure than this is called uncertain
  oneFace = false; // the original study's rule: photos with no face or several are rejected

  set(values) {
    Object.assign(this, values);
    this.dispatchEvent(new Event("change"));
  }
}

export const settings = new Settings();
