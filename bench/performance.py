#!/usr/bin/env python3
"""Measures Mien and its peers and writes the tables of docs/performance.md: `make performance`, on an idle machine.

    bench/performance.py [--only PART...]      network, layers, photos, many, start, detectors; the other parts stay as they are

Engines run in turn, in paired rounds, one process per engine and round; the results are medians over rounds (MIEN_ROUNDS of MIEN_SECONDS
each). Engines that are not installed are left out and named.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from document import write_part
from measuring import BUILD, MIEN, ROOT, ROUNDS, SECONDS, Failure, detectors_of, machine, mien, mien_bench, not_measured, output, paired_rounds, reason
from peers import face_api_modules, network_peers, opencv_python

DOCUMENT = ROOT / "docs/performance.md"
PHOTO = Path("/usr/lib/python3/dist-packages/skimage/data/astronaut.png")  # python3-skimage
DLIB_FACES = Path("/usr/share/doc/libdlib19.1/examples/faces")
TITLES = {"hog": "HOG", "yunet": "YuNet"}


def median(results):
    return statistics.median(r["median_ms"] for r in results)


def relative_speed(results, base):
    """Speed relative to the base, median over the rounds; empty if the base was not measured."""
    return f"{statistics.median(b['median_ms'] / r['median_ms'] for b, r in zip(base, results)):.2f}" if base else ""


def titled(name, results):
    return name.replace("{}", results[0].get("version", ""))


def network_engines(name, threads, batch, peers):
    """Mien on models/NAME.onnx and on its 8-bit copy, and the peers on models/NAME.onnx."""
    model, int8 = ROOT / f"models/{name}.onnx", ROOT / f"models/{name}-int8.onnx"
    engines = {}
    for precision, file in (("f32", model), ("bf16", model), ("int8", int8)):
        engines[f"Mien {precision}"] = lambda p=precision, f=file: mien_bench("--model", f, "--precision", p, "--threads", threads, "--batch", batch)
    for peer, (kind, python) in peers.items():
        if kind != "libtorch" or name == "reference":  # network_peer.py contains only the reference network's layers
            engines[peer] = lambda k=kind, p=python: json.loads(output(p, ROOT / "bench/network_peer.py", k, model, threads, batch, SECONDS))
    return engines


def network_table(name, peers, peak, left_out):
    madds = mien_bench("--model", ROOT / f"models/{name}.onnx")["multiply_adds"]
    lines = ["", f"### {name}.onnx, {madds / 1e6:.1f} million MACs per face"]
    for threads, batch in ((1, 1), (2, 1), (2, 32)):
        results = paired_rounds(network_engines(name, threads, batch, peers), left_out)
        base = results.get("ONNX Runtime {} f32")
        lines += [f"\n{threads} thread{'s' if threads > 1 else ''}, batch {batch}\n",
                  "| engine | ms per call | speed relative to ONNX Runtime f32 | of peak |", "|---|---|---|---|"]
        for engine, rounds in results.items():
            limit = peak.get(engine.split()[-1], 0) * threads * 1e6
            part = f"{100 * batch * madds / median(rounds) / limit:.0f} %" if limit else ""
            lines.append(f"| {titled(engine, rounds)} | {median(rounds):.3f} | {relative_speed(rounds, base)} | {part} |")
    return lines


def network_part():
    peak = json.loads(output(BUILD / "bench/peak"))
    peers, left_out = {}, {}
    for name, (kind, find) in network_peers().items():
        try:
            peers[name] = (kind, find())
        except Failure as error:
            left_out[name.replace(" {}", "")] = reason(error)
    return [f"The peak of one core is {peak['f32']:.0f} GMAC/s in f32, {peak['bf16']:.0f} in bf16 and {peak['int8']:.0f} in int8 "
            "(`bench/peak.cpp`).", f"Median of {ROUNDS} paired rounds of {SECONDS} s each, engines in turn.",
            *network_table("mien", peers, peak, left_out), *network_table("reference", peers, peak, left_out), *not_measured(left_out)]


def layer_table(file, precision):
    """The calls of a network, equal ones in one row; those that take less than 1 % of the time are combined."""
    report = mien_bench("--layers", "--model", ROOT / f"models/{file}", "--precision", precision, "--threads", 1, "--batch", 1)
    groups = {}
    for call in report["calls"]:
        kind = (call["call"].replace("_", " "), call["shape"], f"{call['input_type']} {call['output_type']}", call["implementation"])
        groups.setdefault(kind, []).append(call)
    lines = ["", f"### {file}, {precision}", "", "| layer | calls | primitive | output | types | implementation | million MACs | ms | time | of peak |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    peak = report["peak"][precision] * 1e6
    sums, small = {kind: sum(call["ms"] for call in calls) for kind, calls in groups.items()}, []
    for kind, calls in groups.items():
        if sums[kind] < 0.01 * report["calls_ms"]:
            small += calls
            continue
        madds = sum(call["multiply_adds"] for call in calls)
        rates = (f"{madds / 1e6:.2f}", f"{100 * madds / sums[kind] / peak:.0f} %" if peak else "") if madds else ("", "")
        name = calls[0]["layer"] + (" …" if len(calls) > 1 else "")
        lines.append(f"| {name} | {len(calls)} | {' | '.join(kind)} | {rates[0]} | {sums[kind]:.4f} | {100 * sums[kind] / report['calls_ms']:.1f} % | {rates[1]} |")
    if small:
        rest, madds = sum(call["ms"] for call in small), sum(call["multiply_adds"] for call in small)
        lines.append(f"| other | {len(small)} | | | | | {madds / 1e6:.2f} | {rest:.4f} | {100 * rest / report['calls_ms']:.1f} % | |")
    madds = sum(call["multiply_adds"] for call in report["calls"])
    for name, ms in (("all calls", report["calls_ms"]), ("whole run", report["run_ms"])):
        of_peak = f"{100 * madds / ms / peak:.0f} %" if peak else ""
        lines.append(f"| {name} | {len(report['calls'])} | | | | | {madds / 1e6:.2f} | {ms:.4f} | {100 * ms / report['calls_ms']:.1f} % | {of_peak} |")
    return lines


def layers_part():
    left_out, lines = {}, [f"Medians over {SECONDS} s, one thread, batch 1."]
    for file, precision in (("mien.onnx", "f32"), ("mien.onnx", "bf16"), ("mien-int8.onnx", "int8")):
        try:
            lines += layer_table(file, precision)
        except Failure as error:
            left_out[f"{file} in {precision}"] = reason(error)
    return lines + not_measured(left_out)


def stages_table():
    lines = ["| photo | size | faces | detector | decode | detect | crop | classify | total |", "|---|---|---|---|---|---|---|---|---|"]
    shared, left_out = Path(os.environ.get("MIEN_SHARED", ROOT / "../shared")), {}
    photos = [PHOTO, shared / "photos/cgi-multiangle-4.jpg", shared / "photos/group-1.jpg"]
    photos += [DLIB_FACES / name for name in ("2007_007763.jpg", "2008_001009.jpg")]
    left_out.update({photo.name: "not found" for photo in photos if not photo.exists()})
    detectors = detectors_of(("hog", "yunet"), left_out)
    for photo in filter(Path.exists, photos):
        for detector in detectors:
            r = mien_bench(photo, "--detector", detector)
            stages = [f"{r['stages'][name]['median_ms']:.2f}" for name in ("decode", "detect", "crop", "classify", "whole")]
            lines.append(f"| {photo.name} | {r['width']}x{r['height']} | {r['faces']} | {r['detector']} | {' | '.join(stages)} |")
    return lines + not_measured(left_out)


def make_photo(width, height):
    photo = BUILD / f"photo-{width}x{height}.jpg"
    output(BUILD / "bench/make_photo", PHOTO, width, height, photo)
    return photo


def network_of(*arguments):
    """The model file and the precision that Mien uses for these options."""
    r = mien_bench(*arguments)
    return f"{Path(r['model']).name} in {r['precision']}"


def mien_photo(photo, *arguments):
    r = mien_bench(photo, *arguments)
    return {"median_ms": r["stages"]["whole"]["median_ms"], "faces": r["faces"]}


def opencv_engines(photo):
    """OpenCV's YuNet and dnn on the default network, at the photo's width, at half of it, and at 448, to which Mien's detector shrinks 1280."""
    python, model = opencv_python(), ROOT / "models/mien.onnx"
    yunet = next(m["path"] for m in mien("models", "list") if m["name"] == "yunet")
    if not yunet:
        raise FileNotFoundError(2, "", "yunet")
    metadata = json.dumps(mien("info", model)["metadata"])
    return {f"OpenCV {{}}, YuNet at {width} pixels, {model.name} in f32":
            lambda w=width: json.loads(output(python, ROOT / "bench/opencv_photo.py", yunet, model, metadata, w, photo, SECONDS))
            for width in (1280, 640, 448)}


def face_api_engines(photo):
    modules = face_api_modules()
    return {f"face-api {{}}, {detector}": lambda d=detector: json.loads(output("node", ROOT / "bench/face_api.mjs", modules, d, photo, SECONDS))
            for detector in ("tiny", "ssd")}


def end_to_end_table():
    """The same photo, from a JPEG in memory to emotions, in turn: face-api in Node.js, OpenCV, Mien."""
    photo, engines, left_out = make_photo(1280, 720), {}, {}
    for name, make in (("@vladmandic/face-api", face_api_engines), ("OpenCV", opencv_engines)):
        try:
            engines |= make(photo)
        except Failure as error:
            left_out[name] = reason(error)
    here = detectors_of(("yunet", "hog"), left_out)
    for detector, precision in (("yunet", "f32"), ("yunet", "auto"), ("hog", "auto")):
        if detector in here:
            name = f"Mien, {TITLES[detector]}, {network_of('--precision', precision)}"
            engines[name] = lambda d=detector, p=precision: mien_photo(photo, "--detector", d, "--precision", p)
    results = paired_rounds(engines, left_out)
    lines = ["| 1280x720 photo, one face, JPEG in memory to emotion | faces | ms | speed relative to face-api tiny |", "|---|---|---|---|"]
    for name, rounds in results.items():
        ratio = relative_speed(rounds, results.get("face-api {}, tiny"))
        lines.append(f"| {titled(name, rounds)} | {rounds[0]['faces']} | {median(rounds):.2f} | {ratio} |")
    return lines + not_measured(left_out)


def photos_part():
    return [f"Medians in ms, all cores; the photo is in memory. The network is {network_of()}, the default.", "", *stages_table(), "",
            *end_to_end_table()]


def timed(command, **kwargs):
    """Wall, user and system seconds and the peak memory in MB of a command; Debian's package time."""
    done = subprocess.run(["/usr/bin/time", "-f", "%e %U %S %M", *map(str, command)], capture_output=True, text=True, check=True, **kwargs)
    wall, user, system, memory = map(float, done.stderr.split()[-4:])
    return wall, user, system, memory / 1024


def many_part():
    """Throughput of one `mien predict` over many photos, and whether memory grows with their number."""
    photos = sorted(DLIB_FACES.glob("*.jpg")) or [PHOTO]
    lines = [f"`mien predict - --format jsonl` with {network_of()} and the detector {mien_bench(PHOTO)['detector']}, the defaults, on "
             f"{len(photos)} photo{'s' if len(photos) > 1 else ''} of {photos[0].parent}, repeated.", "",
             "| photos | seconds | photos/s | busy cores | peak memory, MB |", "|---|---|---|---|---|"]
    for count in (100, 1000):
        paths = "\n".join(str(photos[i % len(photos)]) for i in range(count))
        wall, user, system, memory = timed([MIEN, "predict", "-", "--format", "jsonl"], input=paths)
        lines.append(f"| {count} | {wall:.1f} | {count / wall:.0f} | {(user + system) / wall:.1f} | {memory:.0f} |")
    return lines


def cold(arguments, runs=15):
    """Median wall time in ms and peak memory in MB of a fresh process."""
    memory = statistics.median(timed(arguments)[3] for _ in range(runs))
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        output("hyperfine", "-N", "--warmup", "3", "--runs", runs, "--export-json", file.name, " ".join(f"'{a}'" for a in arguments))
        return json.load(file)["results"][0]["median"] * 1000, memory


def start_part():
    small, left_out = make_photo(640, 480), {}
    lines = [f"The network is {network_of()}, the default.", "", "| command, cold start | ms | peak memory, MB |", "|---|---|---|"]
    commands = {"mien --version": ["--version"]}
    for detector in detectors_of(("hog", "yunet"), left_out):
        commands[f"mien predict, 640x480 JPEG, {TITLES[detector]}"] = ["predict", "--detector", detector, small]
    for name, arguments in commands.items():
        try:
            wall, memory = cold([MIEN, *arguments])
            lines.append(f"| {name} | {wall:.0f} | {memory:.0f} |")
        except Failure as error:
            left_out[name] = reason(error)
    models = sum(f.stat().st_size for f in (ROOT / "models").glob("*.onnx"))
    return lines + not_measured(left_out) + ["", f"`mien` is {MIEN.stat().st_size / 1e6:.1f} MB and loads {len(output('ldd', MIEN).splitlines())} "
                                             f"shared objects; the shipped models are {models / 1e6:.1f} MB."]


def detectors_part():
    left_out = {}
    return output(BUILD / "bench/detector_report", *detectors_of(("hog", "yunet"), left_out)).rstrip("\n").split("\n") + not_measured(left_out)


PARTS = {"network": network_part, "layers": layers_part, "photos": photos_part, "many": many_part, "start": start_part, "detectors": detectors_part}


def main():
    parser = argparse.ArgumentParser(description="Measures Mien and its peers and writes docs/performance.md.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    chosen, where, failed = parser.parse_args().only, f"Machine: {machine()}.", False  # measure the load before this program adds to it
    for name in chosen:
        try:
            lines = [where, "", *PARTS[name]()]
        except Failure as error:
            print(f"{name}: not measured; its part of the document is unchanged: {reason(error)}", file=sys.stderr)
            failed = True
            continue
        write_part(DOCUMENT, f"make performance: {name}", lines)
        print("\n".join(lines), "\n", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
