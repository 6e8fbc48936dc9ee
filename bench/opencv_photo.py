"""Times OpenCV on a photo as Mien is timed: from the JPEG's bytes to emotions, on all cores. Prints JSON.
    opencv_photo.py YUNET MODEL METADATA WIDTH PHOTO SECONDS
METADATA is the model's metadata as a JSON object, because cv2.dnn does not expose it. Faces are detected in the photo resized to WIDTH."""
import json
import sys

import cv2
import numpy

from stopwatch import median_ms

yunet, model, metadata, width, photo, seconds = sys.argv[1:]
meta, width = json.loads(metadata), int(width)
scale, shift_x, shift_y = map(float, meta["crop.yunet"].split())
encoded = numpy.fromfile(photo, numpy.uint8)
full_height, full_width = cv2.imdecode(encoded, cv2.IMREAD_COLOR).shape[:2]
size = (width, round(full_height * width / full_width))
detector = cv2.FaceDetectorYN.create(yunet, "", size, 0.6)  # the same threshold as Mien
net = cv2.dnn.readNetFromONNX(model)
head = net.getUnconnectedOutLayersNames()[0]  # the first output is the default head; OpenCV's default differs between versions


def crop(gray, box):
    x, y, w, h = box * full_width / width
    side = max(w, h)
    center = (float(x + w / 2 + shift_x * side), float(y + h / 2 + shift_y * side))
    pixels = max(1, round(float(side) * scale))
    return cv2.resize(cv2.getRectSubPix(gray, (pixels, pixels), center), (48, 48), interpolation=cv2.INTER_AREA)


def analyze():
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    small = image if width == full_width else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    faces = detector.detect(small)[1]
    if faces is None:
        return []
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    crops = [crop(gray, face[:4]) for face in faces]
    net.setInput(cv2.dnn.blobFromImages(crops, 1 / float(meta["std"]), (48, 48), float(meta["mean"])))
    logits = net.forward(head) / float(meta.get("temperature", 1))
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


labels = meta["labels"].split(",")
predictions = [f"{labels[p.argmax()]} {p.max():.2f}" for p in analyze()]
print(json.dumps({"version": cv2.__version__, "faces": len(predictions), "predictions": predictions, "median_ms": median_ms(analyze, float(seconds))}))
