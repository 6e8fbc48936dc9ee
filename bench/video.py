#!/usr/bin/env python3
"""Measures `mien video`: the cost and effect of detecting faces less often, and of smoothing.

    bench/video.py [VIDEO...]    prints Markdown; without arguments, uses a generated 1280x720 video and updates docs/video.md

Needs build/bin/mien-video, the Debian packages ffmpeg and libdlib19.1, and YuNet (mien models fetch yunet) for the detector.
"""
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("MIEN_BUILD", ROOT / "build"))
MIEN = BUILD / "bin/mien-video"
DETECTOR = os.environ.get("MIEN_DETECTOR", "yunet")
ROUNDS = int(os.environ.get("MIEN_ROUNDS", "3"))
FACES = Path("/usr/share/doc/libdlib19.1/examples/faces")
# photo, crop (x, y, side), side in the video, path of the center: x and y over t; the first face disappears for a moment.
PEOPLE = [
    ("2008_001009.jpg", (111, 45, 144), 300, "330+200*sin(1.1*t)", "200+40*sin(2.3*t)"),
    ("2009_004587.jpg", (120, 12, 144), 260, "930-230*sin(0.9*t)", "210+50*sin(1.7*t)"),
    ("2008_002506.jpg", (318, 58, 145), 190, "700+300*sin(0.5*t)", "545+15*sin(2*t)"),
    ("2008_001322.jpg", (70, 128, 144), 170, "160+70*sin(1.9*t)", "600+20*sin(3*t)"),
]


def make_video(path, seconds=20):
    """1280x720, 30 frames per second: four moving faces over a background with camera noise."""
    words, graph, last = [], ["color=0x8090a0:s=1280x720:r=30:d=%d,noise=alls=8:allf=t[v0]" % seconds], "v0"
    for i, (photo, (x, y, side), size, across, down) in enumerate(PEOPLE):
        words += ["-loop", "1", "-r", "30", "-t", str(seconds), "-i", str(FACES / photo)]
        hidden = ":enable='not(between(mod(t,7),5,5.8))'" if i == 0 else ""
        graph += [f"[{i}]crop={side}:{side}:{x}:{y},scale={size}:{size}[p{i}]",
                  f"[{last}][p{i}]overlay=x='{across}-{size // 2}':y='{down}-{size // 2}'{hidden}[v{i + 1}]"]
        last = f"v{i + 1}"
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *words, "-filter_complex", ";".join(graph), "-map", f"[{last}]",
                    "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", str(path)], check=True)


def read(video, *options):
    """Rows, wall time and CPU time in seconds, number of frames."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    out = subprocess.run([str(MIEN), str(video), "--detector", DETECTOR, *map(str, options)], capture_output=True, text=True, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    frames = int(re.search(r": (\d+) frames,", out.stderr).group(1))
    return [json.loads(line) for line in out.stdout.splitlines()], wall, cpu, frames


def overlap(a, b):
    width = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    height = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    both = max(0, width) * max(0, height)
    return both / (a["width"] * a["height"] + b["width"] * b["height"] - both)


def by_frame(rows):
    out = {}
    for row in rows:
        out.setdefault(row["frame"], []).append(row)
    return out


def agreement(rows, reference):
    """Pairs rows by the overlap of their boxes: shares missed and extra, mean overlap, share of equal labels, probability difference."""
    frames, pairs, found = by_frame(rows), [], 0
    for number, wanted in by_frame(reference).items():
        free = list(frames.get(number, []))
        for row in wanted:
            best = max(free, key=lambda other: overlap(row["box"], other["box"]), default=None)
            if best is not None and overlap(row["box"], best["box"]) > 0.3:
                pairs.append((row, best))
                free.remove(best)
                found += 1
    difference = [max(abs(a["probabilities"][k] - b["probabilities"][k]) for k in a["probabilities"]) for a, b in pairs]
    return {"missed": 1 - found / len(reference), "extra": 1 - found / max(1, len(rows)),
            "overlap": statistics.mean(overlap(a["box"], b["box"]) for a, b in pairs),
            "label": statistics.mean(a["emotion"] == b["emotion"] for a, b in pairs), "probability": statistics.mean(difference)}


def detection_table(video):
    lines = ["| detection in | frames/s | CPU ms per frame | missed faces | extra faces | IoU of boxes | same label | "
             "mean of the largest probability difference | tracks |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    reference = None
    for every in (1, 2, 3, 5, 8):
        walls, cpus = [], []
        for _ in range(ROUNDS):
            rows, wall, cpu, frames = read(video, "--detect-every", every)
            walls.append(wall)
            cpus.append(cpu)
        reference = reference or rows
        a = agreement(rows, reference)
        name = "every frame" if every == 1 else f"every {every}{'nd' if every == 2 else 'rd' if every == 3 else 'th'} frame"
        lines.append(f"| {name} | {frames / min(walls):.0f} | {1000 * min(cpus) / frames:.1f} | {100 * a['missed']:.1f} % | {100 * a['extra']:.1f} % | "
                     f"{a['overlap']:.3f} | {100 * a['label']:.1f} % | {a['probability']:.3f} | {len({r['track'] for r in rows})} |")
    return lines


def smoothing_table(video):
    lines = ["| time constant | label changes per minute and person | mean of the largest probability change between frames |", "|---|---:|---:|"]
    for constant in (None, 0.1, 0.2, 0.4):
        rows, *_ = read(video, "--smoothing", constant or 0)
        changes, steps, seconds, before = 0, [], 0, {}
        for row in rows:
            label = row["emotion"] if constant else max(row["probabilities"], key=row["probabilities"].get)
            if row["track"] in before:
                old_label, old = before[row["track"]]
                changes += label != old_label
                steps.append(max(abs(row["probabilities"][k] - old["probabilities"][k]) for k in old["probabilities"]))
                seconds += min(1, row["time"] - old["time"])
            before[row["track"]] = (label, row)
        name = f"{constant} s, hysteresis" if constant else "none (most probable label)"
        lines.append(f"| {name} | {60 * changes / seconds:.1f} | {statistics.mean(steps):.4f} |")
    return lines


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    busy = os.getloadavg()[0] > 1
    return (f"{cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, detector {DETECTOR}" +
            (f"; the machine was busy with other work (load {os.getloadavg()[0]:.0f}): frames/s are too low" if busy else ""))


def main():
    about = machine()  # before this program's own work
    videos = [Path(name) for name in sys.argv[1:]]
    own = not videos
    if own:
        videos = [BUILD / "bench-video.mp4"]
        make_video(videos[0])
    text = [f"Machine: {about}. Best of {ROUNDS} runs."]
    for video in videos:
        text += ["", f"{video.name}:" if not own else "Twenty seconds at 1280x720 with four moving faces (generated by `bench/video.py`):", "",
                 *detection_table(video), "", *smoothing_table(video)]
    print("\n".join(text))
    if own:
        page = ROOT / "docs/video.md"
        begin, end = "<!-- bench/video.py -->\n", "<!-- end -->"
        head, _, rest = page.read_text().partition(begin)
        page.write_text(head + begin + "\n".join(text) + "\n" + end + rest.partition(end)[2])


if __name__ == "__main__":
    main()
