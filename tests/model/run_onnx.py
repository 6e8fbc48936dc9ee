"""Runs FOLDER/model.onnx on FOLDER/input.f32 of the given shape; writes shapes.txt and output<i>.f32 there."""
import pathlib
import sys

import numpy
import onnxruntime

folder = pathlib.Path(sys.argv[1])
shape = [int(word) for word in sys.argv[2:]]
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
values = numpy.fromfile(folder / "input.f32", dtype=numpy.float32).reshape(shape)
outputs = session.run(None, {session.get_inputs()[0].name: values})
(folder / "shapes.txt").write_text("".join(" ".join(map(str, array.shape)) + "\n" for array in outputs))
for index, array in enumerate(outputs):
    array.astype(numpy.float32).tofile(folder / f"output{index}.f32")
