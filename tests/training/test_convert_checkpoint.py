"""scripts/convert_checkpoint.py: converts LibTorch archives of Mien 0.1 and never runs code in them.

Usage: test_convert_checkpoint.py SOURCE
"""
import importlib.util
import io
import json
import os
import pathlib
import pickle
import struct
import sys
import tempfile
import types
import unittest
import zipfile

SOURCE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()
SPEC = importlib.util.spec_from_file_location("convert_checkpoint", SOURCE / "scripts/convert_checkpoint.py")
converter = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(converter)


class FakeStorage:
    """What an archive stores of a tensor's memory."""

    def __init__(self, key, count):
        self.key, self.count = key, count


def fake_torch():
    """Modules with the names that LibTorch writes into archives."""
    torch, utils, objects = types.ModuleType("torch"), types.ModuleType("torch._utils"), types.ModuleType("__torch__")

    class FloatStorage:
        pass

    def _rebuild_tensor_v2(*_):
        raise AssertionError("only pickled")

    class Part:
        def __setstate__(self, state):
            raise AssertionError("only pickled")

    FloatStorage.__module__, _rebuild_tensor_v2.__module__, Part.__module__ = "torch", "torch._utils", "__torch__"
    for entry in (FloatStorage, _rebuild_tensor_v2, Part):
        entry.__qualname__ = entry.__name__
    torch.FloatStorage, utils._rebuild_tensor_v2, objects.Part, torch._utils = FloatStorage, _rebuild_tensor_v2, Part, utils
    return {"torch": torch, "torch._utils": utils, "__torch__": objects}


class Pickler(pickle.Pickler):
    def persistent_id(self, entry):
        if isinstance(entry, FakeStorage):
            return ("storage", sys.modules["torch"].FloatStorage, entry.key, "cpu", entry.count)
        return None


class FakeTensor:
    def __init__(self, key, shape, stride):
        self.arguments = (FakeStorage(key, 6), 0, shape, stride, False, None)

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class Evil:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


class ConvertCheckpoint(unittest.TestCase):
    def setUp(self):
        self.saved = {name: sys.modules.get(name) for name in ("torch", "torch._utils", "__torch__")}
        sys.modules.update(fake_torch())
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "old.ckpt"

    def tearDown(self):
        for name, module in self.saved.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        self.folder.cleanup()

    def part(self, **attributes):
        out = sys.modules["__torch__"].Part()
        out.__dict__.update(attributes)
        return out

    def checkpoint(self, **changes):
        network = self.part(dense=self.part(weight=FakeTensor("0", (2, 3), (1, 2))))
        fields = {"format": "mien-checkpoint-1", "settings": 'network = "reference"\n', "data_hash": "1", "data_summary": "", "history": "",
                  "epoch": 3, "best_score": 0.5, "pixel_mean": 129.0, "pixel_std": 60.0, "network": network, "averaged": network}
        return self.part(**{**fields, **changes})

    def write(self, root):
        data = io.BytesIO()
        Pickler(data, protocol=2).dump(root)
        with zipfile.ZipFile(self.path, "w") as archive:
            archive.writestr("old/data.pkl", data.getvalue())
            archive.writestr("old/data/0", struct.pack("<6f", 0, 1, 2, 3, 4, 5))

    def test_tensors_and_settings(self):
        self.write(self.checkpoint())
        content = converter.convert(self.path)
        length = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8 : 8 + length])
        self.assertEqual(header["__metadata__"]["format"], "mien-checkpoint-2")
        self.assertEqual(header["__metadata__"]["epoch"], "3")
        entry = header["network.dense.weight"]
        self.assertEqual((entry["dtype"], entry["shape"]), ("F32", [2, 3]))
        begin, end = entry["data_offsets"]
        values = struct.unpack("<6f", content[8 + length + begin : 8 + length + end])
        self.assertEqual(values, (0, 2, 4, 1, 3, 5))  # strides (1, 2) become row-major

    def test_code_is_rejected_and_not_run(self):
        trace = pathlib.Path(self.folder.name) / "trace"
        self.write(self.checkpoint(history=Evil(trace)))
        with self.assertRaises(converter.Rejected):
            converter.convert(self.path)
        self.assertFalse(trace.exists())

    def test_other_archives_are_rejected(self):
        self.write(self.checkpoint(format="other"))
        with self.assertRaises(converter.Rejected):
            converter.convert(self.path)
        self.write(self.checkpoint(averaged=self.part(weight=FakeTensor("0", (4, 3), (3, 1)))))
        with self.assertRaises(converter.Rejected):
            converter.convert(self.path)


if __name__ == "__main__":
    unittest.main()
