/** The user's settings for the whole page. Fires "change". */
class Settings extends EventTarget {
  threshold = 0; // a prediction with a lower confidence is shown as uncertain
  oneFace = false; // the rule of the original study: reject photos with no face or several

  set(values) {
    Object.assign(this, values);
    this.dispatchEvent(new Event("change"));
  }
}

export const settings = new Settings();
