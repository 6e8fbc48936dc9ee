/** The palette of Okabe and Ito (2008), suited to color-blind people; annotated images use the same one. */
const kColors = {
  happy: "#f0e442",
  surprise: "#e69f00",
  neutral: "#56b4e9",
  sad: "#0072b2",
  angry: "#d55e00",
  disgust: "#009e73",
  fear: "#cc79a7",
  contempt: "#999999",
};

const kUncertainColor = "#999999"; // also of labels without a color

const kOrder = Object.keys(kColors);

export const colorOf = (label) => kColors[label] ?? kUncertainColor;

/** A model's labels in the fixed order in which the page shows them: pleasant to unpleasant. */
export function displayOrder(labels) {
  const rank = (label) => (kOrder.includes(label) ? kOrder.indexOf(label) : kOrder.length);
  return [...labels].sort((a, b) => rank(a) - rank(b));
}

export const capitalized = (word) => word.charAt(0).toUpperCase() + word.slice(1);

export const percent = (probability) => `${Math.round(100 * probability)}%`;

/** How the page shows a prediction: by its label, or as uncertain if its confidence is below the threshold. */
export function describePrediction({ emotion, confidence }, threshold) {
  const uncertain = confidence < threshold;
  return {
    uncertain,
    color: uncertain ? kUncertainColor : colorOf(emotion),
    title: uncertain ? "Uncertain" : capitalized(emotion),
    detail: uncertain ? `most likely ${emotion}, ${percent(confidence)}` : percent(confidence),
    short: uncertain ? `${emotion}?` : `${emotion} ${percent(confidence)}`,
  };
}
