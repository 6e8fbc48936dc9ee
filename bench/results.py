#!/usr/bin/env python3
"""Measures the shipped networks and writes the tables of docs/results.md: `make results DATA=folder`.

    bench/results.py DATA [ORIGINAL]            all tables
    bench/results.py DATA --photos [MODEL...]   prints only the table "On photos", for other models too

DATA is a folder with fer2013.csv (or .csv.xz), fer2013new.csv and, optionally, CK+48/, jaffe/, raf-db/train/ and peers/ (ONNX networks with
sidecars, docs/evaluation.md). ORIGINAL is the model file trained with the original study's recipe (recipes/original.toml).
"""
import json
import lzma
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from document import write_part

ROOT = Path(__file__).resolve().parent.parent
MIEN = ROOT / "build/bin/mien"
DEFAULT_CROPS = {"hog": "1.09 0 -0.1"}


def mien(*arguments):
    return subprocess.run([str(MIEN), *map(str, arguments)], capture_output=True, text=True, check=True).stdout


def evaluate(model, data, split, *arguments):
    return json.loads(mien("evaluate", "--model", model, "--data", data, "--split", split, "--format", "json", *arguments))


def percent(score):
    return f"{100 * score['value']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"


def number(score):
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def score_row(name, report):
    return f"| {name} | {report['count']} | {percent(report['accuracy'])} | {number(report['macro_f1'])} | {number(report['ece'])} |"


HEADER = ["| measured on | images | accuracy, % | macro F1 | calibration error |", "|---|---|---|---|---|"]


def crops_of(model):
    metadata = json.loads(mien("info", model, "--format", "json"))["metadata"]
    return {key[5:]: value for key, value in metadata.items() if key.startswith("crop.")}


def fer_tables(model, csv, votes, filtered, arguments=()):
    lines = [*HEADER]
    public = evaluate(model, csv, "PublicTest", *arguments)
    private = evaluate(model, csv, "PrivateTest", "--votes", votes, *arguments)
    flip = evaluate(model, csv, "PrivateTest", "--votes", votes, "--flip", *arguments)
    lines.append(score_row("PublicTest (used for selection)", public))
    lines.append(score_row("**PrivateTest, single view**", private))
    lines.append(score_row(f"PrivateTest without the {private['seen_in_training']} that equal a Training image", private["without_seen"]))
    lines.append(score_row("PrivateTest, averaged with the mirror image", flip))
    lines.append(score_row("PrivateTest, filtered: exactly one face found by HOG, cropped around it", evaluate(model, filtered, "PrivateTest", *arguments)))
    lines.append(score_row("**FER+ majority of PrivateTest, eight classes**", private["ferplus"]["majority"]))
    lines.append(score_row("FER+ majority, averaged with the mirror image", flip["ferplus"]["majority"]))
    lines += ["", "| PrivateTest | images | precision | recall | F1 |", "|---|---|---|---|---|"]
    for c in private["per_class"]:
        lines.append(f"| {c['label']} | {c['support']} | {number(c['precision'])} | {number(c['recall'])} | {number(c['f1'])} |")
    lines += ["", "| `--min-confidence` | labeled, % | wrong among them, % |", "|---|---|---|"]
    for wanted in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        _, coverage, risk = max((point for point in private["risk_coverage"] if point[0] >= wanted), key=lambda point: point[1], default=(wanted, 0, 0))
        lines.append(f"| {wanted} | {100 * coverage:.0f} | {100 * risk:.1f} |")
    return lines


class Photos:
    """JAFFE and CK+48, with faces detected, cropped and packed once per detector and crop geometry."""

    def __init__(self, data, scratch):
        self.data, self.scratch, self.packed = data, scratch, {}

    def set(self, name, *options):
        key = (name, *options)
        if key not in self.packed:
            path = self.scratch / f"photos{len(self.packed)}.npy"
            mien("data", "pack", self.data / name, *options, "-o", path)
            self.packed[key] = path
        return self.packed[key]

    def jaffe(self, detector, crop, *more):
        return self.set("jaffe", "--faces", "--detector", detector, "--crop", crop, *more)

    def has(self, name):
        return (self.data / name).exists()

    def has_yunet(self):
        try:
            self.jaffe("yunet", "1 0 0")
        except subprocess.CalledProcessError as error:
            print(f"YuNet was not measured: {error.stderr.strip()}\n")
            return False
        return True


EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def heads_of(model):
    return [output["name"] for output in json.loads(mien("info", model, "--format", "json"))["outputs"]]


def photo_sets(photos, crop):
    """Sets of photos that no shipped network was trained on: title, evaluate's arguments."""
    folder = photos.data / "raf-db/train"
    sets = [("RAF-DB train", ["--data", folder])] if folder.exists() else []
    sets += [("CK+48", ["--data", photos.set("CK+48")])] if photos.has("CK+48") else []
    if photos.has("jaffe"):
        detector = "yunet" if photos.has_yunet() else "hog"
        packed = photos.jaffe(detector, crop[detector])
        sets += [("JAFFE", ["--data", packed]), ("JAFFE, subject baseline", ["--data", packed, "--subject-baseline"])]
    return sets


def confusion_lines(report):
    """Percent of the row, for the seven emotions."""
    labels = report["labels"]
    columns = [labels.index(emotion) for emotion in EMOTIONS]
    lines = [f"| label, % | {' | '.join(EMOTIONS)} | images |", "|---|" + "---|" * (len(EMOTIONS) + 1)]
    for emotion in EMOTIONS:
        row = report["confusion"][labels.index(emotion)]
        lines.append(f"| {emotion} | {' | '.join(f'{100 * row[c] / max(1, sum(row)):.0f}' for c in columns)} | {sum(row)} |")
    return lines


def on_photos(models, photos):
    """Zero-shot results on photos, and the confusion matrix of the first model's default head on RAF-DB."""
    lines = ["| model, head | photos | images | accuracy, % | macro F1 | calibration error |", "|---|---|---|---|---|---|"]
    matrix = None
    peers = sorted(path for path in (photos.data / "peers").glob("*.onnx") if path.with_name(path.name + ".toml").exists())
    for model in [*models, *peers]:
        is_peer = model in peers
        heads = [None] if is_peer else heads_of(model)
        crop = crops_of(models[0] if is_peer else model)
        for head in heads:
            name = model.stem + (f", {head}" if len(heads) > 1 else "")
            for title, arguments in photo_sets(photos, crop):
                chosen = ["--head", head] if len(heads) > 1 else []
                report = json.loads(mien("evaluate", "--model", model, *arguments, *chosen, "--format", "json"))
                lines.append(f"| {name} | {title} | {report['count']} | {percent(report['accuracy'])} | {number(report['macro_f1'])} | {number(report['ece'])} |")
                if title == "RAF-DB train" and matrix is None:
                    matrix = [f"RAF-DB train, {name} (the default head): labels in rows, predictions in columns", "", *confusion_lines(report)]
    return lines + (["", *matrix] if matrix else [])


def photo_table(models, photos):
    """Every head of every model on whole photos."""
    detectors = ["hog", *(["yunet"] if photos.has_yunet() else [])]
    lines = ["| model, head | photos | images | accuracy, % | macro F1 |", "|---|---|---|---|---|"]
    details = []
    for model in models:
        crops = crops_of(model)
        outputs = heads_of(model)
        for head in outputs:
            name = model.stem + (f", {head}" if len(outputs) > 1 else "")
            sets = [(f"JAFFE, {detector}", photos.jaffe(detector, crops[detector])) for detector in detectors] if photos.has("jaffe") else []
            sets += [("CK+48", photos.set("CK+48"))] if photos.has("CK+48") else []
            for title, packed in sets:
                report = evaluate(model, packed, "Training", *(["--head", head] if len(outputs) > 1 else []))
                lines.append(f"| {name} | {title} | {report['count']} | {percent(report['accuracy'])} | {number(report['macro_f1'])} |")
                if title != "JAFFE, hog":
                    recalls = {c["label"]: c["recall"]["value"] for c in report["per_class"] if c["support"] > 0}
                    details.append((name, title, recalls))
    lines += ["", f"| recall | | {' | '.join(EMOTIONS)} |", "|---|---|" + "---|" * len(EMOTIONS)]
    for name, title, recalls in details:
        lines.append(f"| {name} | {title} | {' | '.join(f'{recalls[e]:.2f}' if e in recalls else '' for e in EMOTIONS)} |")
    return lines


def geometry_table(model, photos):
    crops = crops_of(model)
    scale, x, y = map(float, crops["hog"].split())
    around = [f"{s:.2f} {x:g} {d:.2f}" for s, d in ((1.0, 0), (scale - 0.1, y), (scale, 0), (scale, y - 0.05), (scale + 0.15, y))]
    rows = [("hog", crop, ()) for crop in (crops["hog"], *around)]
    if photos.has_yunet():
        rows += [("yunet", crops["yunet"], ("--no-align",)), ("yunet", crops["yunet"], ())]
    lines = ["| detector, geometry | faces | accuracy, % | macro F1 |", "|---|---|---|---|"]
    for detector, crop, more in rows:
        report = evaluate(model, photos.jaffe(detector, crop, *more), "Training")
        lines.append(f"| {detector}, {crop}{', not leveled' if more else ''} | {report['count']} | {percent(report['accuracy'])} | {number(report['macro_f1'])} |")
    return lines


def robustness(models, csv, scratch):
    """The tables of slices and corruptions of PrivateTest, one text per model; draws docs/images/robustness.svg."""
    page = scratch / "report.html"
    several = [word for model in models for word in ("--model", model)]
    card = mien("evaluate", *several, "--data", csv, "--slices", "--robustness", "--no-images", "--report", page, "--format", "card")
    section = page.read_text(encoding="utf-8").split('id="robustness"')[1]
    figure = section[section.index("<svg"):section.index("</svg>") + len("</svg>")]
    figure = figure.replace("<svg ", '<svg style="background:#ffffff;color:#000000" ', 1)  # a standalone file has no page behind it
    (ROOT / "docs/images/robustness.svg").write_text(figure, encoding="utf-8")
    cards = card.split("\n### ")[-len(models):]
    return [text[text.index("Accuracy of"):].rstrip("\n") for text in cards]


def main():
    data = Path(sys.argv[1])
    if len(sys.argv) > 2 and sys.argv[2] == "--photos":
        with tempfile.TemporaryDirectory() as folder:
            models = [Path(path) for path in sys.argv[3:]] or [ROOT / "models/mien.onnx"]
            print("\n".join(on_photos(models, Photos(data, Path(folder)))))
        return
    original = sys.argv[2] if len(sys.argv) > 2 else None
    models = [ROOT / "models/mien.onnx", ROOT / "models/reference.onnx"]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        csv = data / "fer2013.csv"
        if not csv.exists():
            csv = scratch / "fer2013.csv"
            with lzma.open(data / "fer2013.csv.xz") as packed, open(csv, "wb") as plain:
                shutil.copyfileobj(packed, plain)
        votes = data / "fer2013new.csv"
        filtered = scratch / "filtered.npy"
        text = mien("data", "filter", csv, "--crop", crops_of(models[0])["hog"], "-o", filtered).rsplit("wrote", 1)[0]
        photos = Photos(data, scratch)
        lines += ["## On photos", "", *on_photos(models, photos), ""]
        lines += ["## Images in which HOG finds exactly one face", "", "```", text + "```"]
        for model in models:
            int8 = model.with_name(model.stem + "-int8.onnx")
            lines += ["", f"## {model.name}", "", *fer_tables(model, csv, votes, filtered)]
            lines += ["", f"## {model.name} in bf16 and int8 ({int8.name})", "", *HEADER]
            for name, file, precision in (("bf16", model, "bf16"), ("int8", int8, "int8")):
                report = evaluate(file, csv, "PrivateTest", "--votes", votes, "--precision", precision)
                lines.append(score_row(f"{name}: PrivateTest, single view", report))
                lines.append(score_row(f"{name}: FER+ majority of PrivateTest", report["ferplus"]["majority"]))
        if original:
            boxes = scratch / "boxes.npy"
            mien("data", "filter", csv, "-o", boxes)
            lines += ["", "## The original study's recipe", "", "Trained and measured on the filtered images, cropped to HOG's box.", "", *HEADER]
            for split in ("PublicTest", "PrivateTest"):
                lines.append(score_row(f"{split}, filtered", evaluate(original, boxes, split)))
            lines.append(score_row("PrivateTest, unfiltered", evaluate(original, csv, "PrivateTest")))
        lines += ["", "## Whole photos", "", *photo_table(models, photos)]
        if photos.has("jaffe"):
            lines += ["", f"JAFFE, 213 photos, {models[0].name}: detector and crop geometry (scale, shift_x, shift_y)", "", *geometry_table(models[0], photos)]
        for model, text in zip(models, robustness(models, csv, scratch)):
            lines += ["", f"## {model.name}: robustness and slices", "", "PrivateTest. " + text]
    write_part(ROOT / "docs/results.md", "make results", lines)


if __name__ == "__main__":
    main()
