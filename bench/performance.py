#!/usr/bin/env python3
"""Measures Mien beside its peers and writes docs/performance.md: `make performance`.

Networks: paired rounds, each engine in turn on the same model file, random input, one process an engine and round;
medians over rounds. Peers that are not installed are left out and named. Run it on an idle machine.
"""
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
MIEN = BUILD / "bin/mien"
ROUNDS = int(os.environ.get("MIEN_ROUNDS", "9"))
SECONDS = os.environ.get("MIEN_SECONDS", "0.5")
PHOTO = Path("/usr/lib/python3/dist-packages/skimage/data/astronaut.png")

PEER = r"""
import json, sys, time
kind, path, threads, batch, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
import numpy
x = numpy.random.default_rng(1).standard_normal((batch, 1, 48, 48), dtype=numpy.float32)
if kind == "onnxruntime":
    import onnxruntime
    o = onnxruntime.SessionOptions(); o.intra_op_num_threads = threads; o.inter_op_num_threads = 1
    s = onnxruntime.InferenceSession(path, o, providers=["CPUExecutionProvider"])
    name = s.get_inputs()[0].name
    run = lambda: s.run(None, {name: x}); version = onnxruntime.__version__
elif kind == "opencv":
    import cv2
    cv2.setNumThreads(threads); net = cv2.dnn.readNetFromONNX(path); version = cv2.__version__
    def run(): net.setInput(x); net.forward()
elif kind == "libtorch":
    import torch, numpy.lib
    torch.set_num_threads(threads); torch.set_grad_enabled(False); version = torch.__version__
    n = torch.nn; c = lambda i, o, k=3: [n.Conv2d(i, o, k, padding=k // 2), n.ReLU()]
    net = n.Sequential(*c(1, 16, 5), *c(16, 16), n.BatchNorm2d(16), n.MaxPool2d(2), *c(16, 14), *c(14, 14), n.BatchNorm2d(14),
        n.MaxPool2d(2), *c(14, 56), *c(56, 56), *c(56, 56), n.BatchNorm2d(56), n.MaxPool2d(2), *c(56, 252), *c(252, 252), *c(252, 252),
        n.MaxPool2d(2), n.Flatten(), n.Linear(2268, 343), n.ReLU(), n.Linear(343, 343), n.ReLU(), n.Linear(343, 7)).eval()
    net = torch.jit.freeze(torch.jit.script(net)); t = torch.from_numpy(x)
    run = lambda: net(t)
for _ in range(20): run()
times, begin = [], time.perf_counter()
while time.perf_counter() - begin < seconds:
    a = time.perf_counter(); run(); times.append(time.perf_counter() - a)
times.sort()
print(json.dumps({"median_ms": 1000 * times[len(times) // 2], "version": version}))
"""


def output(*command, **kwargs):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, **kwargs).stdout


def mien(*arguments):
    return json.loads(output(MIEN, "bench", "--format", "json", "--seconds", SECONDS, *arguments))


def peer(python, kind, model, threads, batch):
    return json.loads(output(python, "-c", PEER, kind, model, threads, batch, SECONDS))


def find_peers():
    """Python by peer, for those that can be imported."""
    pythons = [os.environ.get("MIEN_PYTHON", ""), str(BUILD / "python/bin/python"), "/usr/bin/python3"]
    found = {}
    for kind, module in (("onnxruntime", "onnxruntime"), ("opencv", "cv2"), ("libtorch", "torch")):
        for python in filter(None, pythons):
            if Path(python).exists() and subprocess.run([python, "-c", f"import {module}, numpy"], capture_output=True).returncode == 0:
                found[kind] = python
                break
    return found


def network_table(name, peers, peak):
    """Speed of models/NAME.onnx and of its eight-bit copy beside the peers, on the same file."""
    model, int8 = ROOT / f"models/{name}.onnx", ROOT / f"models/{name}-int8.onnx"
    madds = mien("--model", model)["multiply_adds"]
    lines = ["", f"### {name}.onnx, {madds / 1e6:.1f} million multiply-adds a face"]
    for threads, batch in ((1, 1), (2, 1), (2, 32)):
        engines = {f"Mien {p}": (lambda p=p: mien("--model", model, "--precision", p, "--threads", threads, "--batch", batch)) for p in ("f32", "bf16")}
        if int8.exists():
            engines["Mien int8"] = lambda: mien("--model", int8, "--precision", "int8", "--threads", threads, "--batch", batch)
        names = {"onnxruntime": "ONNX Runtime f32", "opencv": "OpenCV dnn f32", "libtorch": "LibTorch f32"}
        for kind, python in peers.items():
            engines[names[kind]] = lambda kind=kind, python=python: peer(python, kind, model, threads, batch)
        times, versions = {name: [] for name in engines}, {}
        for _ in range(ROUNDS):
            for name, run in list(engines.items()):
                try:
                    result = run()
                except subprocess.CalledProcessError as error:
                    print(f"left out: {name}: {error.stderr.strip().splitlines()[-1]}", file=sys.stderr)
                    del engines[name], times[name]
                    continue
                times[name].append(result["median_ms"])
                versions[name] = result.get("version", "")
        base = times.get("ONNX Runtime f32")
        lines += [f"\n{threads} thread{'s' if threads > 1 else ''}, batch {batch}\n",
                  "| engine | ms a call | times ONNX Runtime | of the peak |", "|---|---|---|---|"]
        for name, values in times.items():
            ratio = statistics.median(b / v for b, v in zip(base, values)) if base else 0
            precision = name.split()[-1]
            limit = peak.get(precision, 0) * threads * 1e6
            part = f"{100 * batch * madds / statistics.median(values) / limit:.0f} %" if limit else ""
            lines.append(f"| {name} {versions[name]} | {statistics.median(values):.3f} | {ratio:.2f} | {part} |")
    return lines


def photo_table():
    lines = ["| photo | size | faces | detector | decode | detect | crop | classify | whole |", "|---|---|---|---|---|---|---|---|---|"]
    shared = Path(os.environ.get("MIEN_SHARED", ROOT / "../shared"))
    photos = [PHOTO, shared / "photos/cgi-multiangle-4.jpg", shared / "photos/group-1.jpg"]
    photos += sorted(Path("/usr/share/doc/libdlib19.1/examples/faces").glob("*.jpg"))[:2]
    for photo in photos:
        if not photo.exists():
            continue
        for detector in ("hog", "yunet"):
            try:
                r = mien(photo, "--detector", detector)
            except subprocess.CalledProcessError:
                continue
            s = {name: stage["median_ms"] for name, stage in r["stages"].items()}
            lines.append(f"| {photo.name} | {r['width']}x{r['height']} | {r['faces']} | {r['detector']} | " +
                         " | ".join(f"{s[k]:.2f}" for k in ("decode", "detect", "crop", "classify", "whole")) + " |")
    return lines


def face_api_table():
    """@vladmandic/face-api in Node and Mien with YuNet in turn on one photo, from JPEG bytes to emotions."""
    modules = BUILD / "node/node_modules"
    if not (modules / "@vladmandic/face-api").exists():
        (BUILD / "node").mkdir(exist_ok=True)
        packages = ["@vladmandic/face-api@1.7", "@tensorflow/tfjs@4", "@tensorflow/tfjs-backend-wasm@4", "sharp"]
        try:
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *packages], cwd=BUILD / "node", check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return [f"Not measured: @vladmandic/face-api ({error})."]
    photo = BUILD / "photo-1280x720.jpg"
    subprocess.run([str(BUILD / "bench/make_photo"), str(PHOTO), "1280", "720", str(photo)], check=True)
    times, found = {}, {}
    for _ in range(ROUNDS):
        theirs = json.loads(output("node", ROOT / "bench/face_api.mjs", modules, photo, SECONDS))
        rows = {f"face-api {theirs['version']} ({theirs['backend']}), {name}": (theirs[name]["median_ms"], theirs[name]["faces"]) for name in ("tiny", "ssd")}
        for detector in ("yunet", "hog"):
            try:
                ours = mien(photo, "--detector", detector)
            except subprocess.CalledProcessError:
                continue
            rows[f"Mien, {detector}"] = (ours["stages"]["whole"]["median_ms"], ours["faces"])
        for name, (ms, faces) in rows.items():
            times.setdefault(name, []).append(ms)
            found[name] = faces
    fastest = next(iter(times))
    lines = ["| 1280x720 photo, one face, JPEG in memory to emotion | faces | ms | times as fast as face-api's tiny |", "|---|---|---|---|"]
    for name, values in times.items():
        ratio = statistics.median(b / v for b, v in zip(times[fastest], values))
        lines.append(f"| {name} | {found[name]} | {statistics.median(values):.2f} | {ratio:.1f} |")
    return lines


def batch_table():
    """Photos a second of one `mien predict` over many photos, and whether memory grows with their number."""
    photos = sorted(Path("/usr/share/doc/libdlib19.1/examples/faces").glob("*.jpg")) or [PHOTO]
    lines = ["| photos | seconds | photos a second | cores busy | peak memory, MB |", "|---|---|---|---|---|"]
    for count in (100, 1000):
        paths = "\n".join(str(photos[i % len(photos)]) for i in range(count))
        timed = subprocess.run(["/usr/bin/time", "-f", "%e %U %S %M", MIEN, "predict", "-", "--format", "jsonl"], input=paths,
                               capture_output=True, text=True, check=True)
        wall, user, system, memory = map(float, timed.stderr.split()[-4:])
        lines.append(f"| {count} | {wall:.1f} | {count / wall:.0f} | {(user + system) / wall:.1f} | {memory / 1024:.0f} |")
    return lines


def cold(arguments, runs=15):
    """Median wall time in ms and peak memory in MB of a fresh process."""
    walls, peaks = [], []
    for _ in range(runs):
        timed = subprocess.run(["/usr/bin/time", "-f", "%e %M", *map(str, arguments)], capture_output=True, text=True, check=True)
        peaks.append(int(timed.stderr.split()[-1]) / 1024)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run(["hyperfine", "-N", "--warmup", "3", "--runs", str(runs), "--export-json", file.name,
                        " ".join(f"'{a}'" for a in arguments)], capture_output=True, check=True)
        walls = json.load(open(file.name))["results"][0]["median"] * 1000
    return walls, statistics.median(peaks)


def startup_table():
    small = BUILD / "photo-640x480.jpg"
    if not small.exists():
        subprocess.run([str(BUILD / "bench/make_photo"), str(PHOTO), "640", "480", str(small)], check=True)
    lines = ["| command, cold | ms | peak memory, MB |", "|---|---|---|"]
    for name, arguments in (("mien --version", [MIEN, "--version"]),
                            ("mien predict, 640x480 JPEG, HOG", [MIEN, "predict", "--detector", "hog", small]),
                            ("mien predict, 640x480 JPEG, YuNet", [MIEN, "predict", "--detector", "yunet", small])):
        try:
            wall, memory = cold(arguments)
        except subprocess.CalledProcessError:
            continue
        lines.append(f"| {name} | {wall:.0f} | {memory:.0f} |")
    objects = len(output("ldd", MIEN).splitlines())
    size = MIEN.stat().st_size / 1e6
    lines.append(f"\n`mien` is {size:.1f} MB and loads {objects} shared objects; the shipped models are "
                 f"{sum(f.stat().st_size for f in (ROOT / 'models').glob('*.onnx')) / 1e6:.1f} MB.")
    return lines


def default_detector():
    return mien(PHOTO)["detector"]


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}"


def main():
    peak = json.loads(output(BUILD / "bench/peak"))
    peers = find_peers()
    missing = {"onnxruntime", "opencv", "libtorch"} - set(peers)
    text = ["# Performance", "",
            "`make performance` measures on the machine it runs on and writes this file.", "",
            f"Machine: {machine()}. One core does at most {peak['f32']:.0f} (f32), {peak['bf16']:.0f} (bf16) and {peak['int8']:.0f} (int8) "
            "thousand million multiply-adds a second (`bench/peak.cpp`).", "",
            "## The network", "",
            f"Median of {ROUNDS} paired rounds of {SECONDS} s each, engines in turn.",
            *network_table("mien", peers, peak), *network_table("reference", peers, peak), "",
            "More than the peak is possible in f32: Winograd's convolutions (Lavin and Gray 2016) need fewer multiplications than are counted here. "
            "int8 stays furthest below in the reference network, whose layers of 14 channels run in f32.", "",
            *([f"Not measured, because not installed: {', '.join(sorted(missing))}.", ""] if missing else []),
            "## From the photograph to the answer", "", "Medians in ms, all cores; the photo is in memory.", "", *photo_table(), "",
            *face_api_table(), "",
            "## Many photographs", "", f"`mien predict - --format jsonl`, the default detector ({default_detector()}; hog where yunet was not fetched).", "", *batch_table(), "",
            "## Start-up and footprint", "", *startup_table(), ""]
    detectors = BUILD / "bench/detector_report"
    if detectors.exists():
        here = [name for name in ("hog", "yunet", "rfb") if name == "hog" or subprocess.run(
            [MIEN, "bench", str(PHOTO), "--detector", name, "--seconds", "0.01"], capture_output=True).returncode == 0]
        text += ["## Face detectors", "", output(detectors, *here)]
    (ROOT / "docs/performance.md").write_text("\n".join(text))
    print("\n".join(text))


if __name__ == "__main__":
    main()
