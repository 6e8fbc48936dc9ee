#!/usr/bin/env python3
"""Converts a checkpoint of Mien 0.1 (a LibTorch archive) into the format of Mien 0.2 (safetensors).

    scripts/convert_checkpoint.py old.ckpt -o new.ckpt

Reads tensors and settings only. Code in the archive is never run: the unpickler accepts nothing but the types that a
checkpoint of Mien consists of. The optimizer's state is not converted, so that the result can be exported, averaged and
trained from (--from), but not resumed. Needs only Python's standard library.
"""
import argparse
import collections
import io
import json
import pickle
import re
import struct
import sys
import zipfile

TYPES = {"FloatStorage": ("F32", 4), "DoubleStorage": ("F64", 8), "LongStorage": ("I64", 8)}
MAX_BYTES = 4 << 30
TEXTS = ("settings", "data_hash", "data_summary", "history")
NUMBERS = ("epoch", "best_score", "pixel_mean", "pixel_std")


class Rejected(Exception):
    pass


class Module:
    """An object of the archive, as its attributes."""

    def __setstate__(self, state):
        if not isinstance(state, dict):
            raise Rejected("unexpected object state")
        self.attributes = state


class Storage:
    def __init__(self, kind, key, count):
        self.kind, self.key, self.count = kind, key, count


class Tensor:
    def __init__(self, storage, offset, shape, stride):
        self.storage, self.offset, self.shape, self.stride = storage, offset, shape, stride


def rebuild_tensor(storage, offset, shape, stride, *_):
    return Tensor(storage, offset, tuple(shape), tuple(stride))


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return rebuild_tensor
        if module == "torch" and name in TYPES:
            return name
        if module == "torch.jit._pickle" or (module.startswith("__torch__") and re.fullmatch(r"\w+", name)):
            return Module
        raise Rejected(f"unexpected type {module}.{name}")

    def persistent_load(self, entry):
        kind, storage, key, _, count = entry
        if kind != "storage" or storage not in TYPES:
            raise Rejected("unexpected storage")
        return Storage(storage, str(key), count)


class Archive:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        if sum(entry.file_size for entry in self.zip.infolist()) > MAX_BYTES:
            raise Rejected("the archive is larger than 4 GB")
        data = [name for name in self.zip.namelist() if name.endswith("/data.pkl")]
        if len(data) != 1:
            raise Rejected("the archive has no data.pkl")
        self.folder = data[0][: -len("data.pkl")]
        self.root = Unpickler(io.BytesIO(self.zip.read(data[0]))).load()

    def values(self, tensor):
        """Type and contiguous little-endian bytes."""
        dtype, size = TYPES[tensor.storage.kind]
        raw = self.zip.read(f"{self.folder}data/{tensor.storage.key}")
        count = 1
        for side in tensor.shape:
            count *= side
        positions = [tensor.offset]
        for side, step in zip(tensor.shape, tensor.stride):
            positions = [base + step * i for base in positions for i in range(side)]
        if count and (min(positions) < 0 or (max(positions) + 1) * size > len(raw)):
            raise Rejected("a tensor is outside its storage")
        if positions == list(range(tensor.offset, tensor.offset + count)):
            return dtype, raw[tensor.offset * size : (tensor.offset + count) * size]
        return dtype, b"".join(raw[p * size : (p + 1) * size] for p in positions)


def flatten(module, prefix=""):
    """All tensors of a module by dotted name."""
    for name, value in module.attributes.items():
        if isinstance(value, Tensor):
            yield prefix + name, value
        elif isinstance(value, Module):
            yield from flatten(value, f"{prefix}{name}.")


def convert(path):
    archive = Archive(path)
    if not isinstance(archive.root, Module):
        raise Rejected("not a checkpoint of mien-train")
    fields = archive.root.attributes
    if fields.get("format") != "mien-checkpoint-1":
        raise Rejected("not a checkpoint of mien-train")
    metadata = {"format": "mien-checkpoint-2"}
    for key in TEXTS:
        if not isinstance(fields.get(key), str):
            raise Rejected(f"'{key}' is missing")
        metadata[key] = fields[key]
    for key in NUMBERS:
        if not isinstance(fields.get(key), (int, float)):
            raise Rejected(f"'{key}' is missing")
        metadata[key] = repr(fields[key])
    header, data, offset = {"__metadata__": metadata}, [], 0
    for part in ("network", "averaged"):
        if not isinstance(fields.get(part), Module):
            raise Rejected(f"'{part}' is missing")
        for name, tensor in flatten(fields[part]):
            dtype, values = archive.values(tensor)
            header[f"{part}.{name}"] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(values)]}
            data.append(values)
            offset += len(values)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    try:
        content = convert(arguments.checkpoint)
    except (Rejected, OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        sys.exit(f"{arguments.checkpoint}: {error}")
    with open(arguments.output, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    main()
