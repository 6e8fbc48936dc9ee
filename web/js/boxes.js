// Boxes {x, y, width, height} of faces.

const mapBox = (value) => ({ x: value("x"), y: value("y"), width: value("width"), height: value("height") });

export const scaleBox = (box, scale) => mapBox((key) => scale * box[key]);

/** The box at `fraction` (0 to 1) of the way from one box to another. */
export const interpolateBox = (from, to, fraction) => mapBox((key) => from[key] + fraction * (to[key] - from[key]));
