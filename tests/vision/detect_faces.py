"""The plain decoding of a face detection network: detect_faces.py MODEL WIDTH HEIGHT RGB SCORE > one face a line.

RGB is a file of WIDTH x HEIGHT x 3 bytes, MODEL YuNet or Ultra-Light, run by ONNX Runtime.
"""
import sys

import numpy as np
import onnxruntime

model, width, height, pixels, least = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], float(sys.argv[5])
rgb = np.fromfile(pixels, np.uint8).reshape(height, width, 3).astype(np.float32)
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
yunet = "cls_8" in names
image = rgb[:, :, ::-1] if yunet else (rgb - 127) / 128
tensors = dict(zip(names, session.run(None, {"input": image.transpose(2, 0, 1)[None].copy()})))

rows = []  # score, x, y, width, height, landmarks
if yunet:
    for stride in (8, 16, 32):
        cls, obj, box, kps = (tensors[f"{kind}_{stride}"][0] for kind in ("cls", "obj", "bbox", "kps"))
        columns = width // stride
        for i in range(len(cls)):
            score = float(np.sqrt(np.clip(cls[i, 0], 0, 1) * np.clip(obj[i, 0], 0, 1)))
            if score < least:
                continue
            row, column = divmod(i, columns)
            w, h = np.exp(box[i, 2:]) * stride
            center = (np.array([column, row]) + box[i, :2]) * stride
            points = (np.array([column, row]) + kps[i].reshape(5, 2)) * stride
            rows.append([score, center[0] - w / 2, center[1] - h / 2, w, h, *points.ravel()])
else:
    for score, box in zip(tensors["scores"][0][:, 1], tensors["boxes"][0]):
        if score >= least:
            left, top, right, bottom = box * [width, height, width, height]
            rows.append([float(score), left, top, right - left, bottom - top])


def overlap(a, b):
    w = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    h = min(a[2] + a[4], b[2] + b[4]) - max(a[2], b[2])
    both = max(w, 0) * max(h, 0)
    return both / (a[3] * a[4] + b[3] * b[4] - both)


kept = []
for row in sorted(rows, key=lambda row: -row[0]):
    if all(overlap(row, other) <= 0.3 for other in kept):
        kept.append(row)
for row in kept:
    print(*(f"{value:.6f}" for value in row))
