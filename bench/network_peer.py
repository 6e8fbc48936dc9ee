"""Times a network in another engine on random input. Prints JSON.
    network_peer.py onnxruntime|opencv|libtorch MODEL THREADS BATCH SECONDS
LibTorch does not read ONNX; the layers of reference.onnx are defined below."""
import json
import sys

import numpy

from stopwatch import median_ms

kind, path, threads, batch, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
x = numpy.random.default_rng(1).standard_normal((batch, 1, 48, 48)).astype(numpy.float32)
if kind == "onnxruntime":
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name, version = session.get_inputs()[0].name, onnxruntime.__version__

    def run():
        session.run(None, {name: x})
elif kind == "opencv":
    import cv2
    cv2.setNumThreads(threads)
    net, version = cv2.dnn.readNetFromONNX(path), cv2.__version__

    def run():
        net.setInput(x)
        net.forward()
else:
    import torch
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    n, version = torch.nn, torch.__version__

    def convolutions(*channels, kernel=3):
        return [layer for i, o in zip(channels, channels[1:]) for layer in (n.Conv2d(i, o, kernel, padding=kernel // 2), n.ReLU())]

    net = n.Sequential(*convolutions(1, 16, kernel=5), *convolutions(16, 16), n.BatchNorm2d(16), n.MaxPool2d(2),
                       *convolutions(16, 14, 14), n.BatchNorm2d(14), n.MaxPool2d(2),
                       *convolutions(14, 56, 56, 56), n.BatchNorm2d(56), n.MaxPool2d(2),
                       *convolutions(56, 252, 252, 252), n.MaxPool2d(2),
                       n.Flatten(), n.Linear(2268, 343), n.ReLU(), n.Linear(343, 343), n.ReLU(), n.Linear(343, 7)).eval()
    net, x = torch.jit.freeze(torch.jit.script(net)), torch.from_numpy(x)

    def run():
        net(x)

print(json.dumps({"median_ms": median_ms(run, seconds, warm_up=20), "version": version}))
