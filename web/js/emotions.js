/** The palette of Okabe and Ito (2008), which colour-blind people can tell apart; the same as in annotated copies. */
const kColours = {
  happy: "#f0e442",
  surprise: "#e69f00",
  neutral: "#56b4e9",
  sad: "#0072b2",
  angry: "#d55e00",
  disgust: "#009e73",
  fear: "#cc79a7",
  contempt: "#999999",
};

const kOrder = Object.keys(kColours);

export const colourOf = (emotion) => kColours[emotion] ?? "#999999";

/** A model's labels in the order in which the page shows them: pleasant to unpleasant, always the same. */
export function displayOrder(labels) {
  const rank = (label) => (kOrder.includes(label) ? kOrder.indexOf(label) : kOrder.length);
  return [...labels].sort((a, b) => rank(a) - rank(b));
}

export const capitalised = (word) => word.charAt(0).toUpperCase() + word.slice(1);

export const percent = (probability) => `${Math.round(100 * probability)}%`;

export const mostProbable = (probabilities) =>
  Object.keys(probabilities).reduce((best, label) => (probabilities[label] > probabilities[best] ? label : best));

/** How the page calls a face: its emotion, or that it is not sure enough for the user. */
export function verdict({ emotion, confidence }, threshold) {
  const uncertain = confidence < threshold;
  return {
    uncertain,
    colour: uncertain ? "#999999" : colourOf(emotion),
    title: uncertain ? "Uncertain" : capitalised(emotion),
    detail: uncertain ? `leans to ${emotion}, ${percent(confidence)}` : percent(confidence),
    short: uncertain ? `${emotion}?` : `${emotion} ${percent(confidence)}`,
  };
}
