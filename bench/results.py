#!/usr/bin/env python3
"""Measures the shipped networks and prints the tables of docs/results.md: `make results DATA=folder`.

DATA holds fer2013.csv (or .csv.xz), fer2013new.csv and, where they are, CK+48/ and jaffe/. A second argument names the
checkpoint's model file of the original's recipe (recipes/original.toml), when it was trained.
"""
import json
import lzma
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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


HEADER = ["| measured on | pictures | accuracy, % | macro F1 | calibration error |", "|---|---|---|---|---|"]


def crops_of(model):
    metadata = json.loads(mien("info", model, "--format", "json"))["metadata"]
    return {key[5:]: value for key, value in metadata.items() if key.startswith("crop.")}


def fer_tables(model, csv, votes, filtered, arguments=()):
    lines = [*HEADER]
    public = evaluate(model, csv, "PublicTest", *arguments)
    private = evaluate(model, csv, "PrivateTest", "--votes", votes, *arguments)
    flip = evaluate(model, csv, "PrivateTest", "--votes", votes, "--flip", *arguments)
    lines.append(score_row("PublicTest (chosen on)", public))
    lines.append(score_row("**PrivateTest, single view**", private))
    lines.append(score_row(f"PrivateTest without the {private['seen_in_training']} that equal a Training picture", private["without_seen"]))
    lines.append(score_row("PrivateTest, mean with the mirror image", flip))
    lines.append(score_row("PrivateTest, filtered: one face found by HOG, framed by it", evaluate(model, filtered, "PrivateTest", *arguments)))
    lines.append(score_row("FER+ majority of PrivateTest, eight classes", private["ferplus"]["majority"]))
    lines += ["", "| PrivateTest | pictures | precision | recall | F1 |", "|---|---|---|---|---|"]
    for c in private["per_class"]:
        lines.append(f"| {c['label']} | {c['support']} | {number(c['precision'])} | {number(c['recall'])} | {number(c['f1'])} |")
    return lines


def photo_rows(model, source, detector, crops, scratch, alignments=("",)):
    """JAFFE or another folder of photographs through detection, crop and network."""
    lines = []
    for crop in crops:
        for align in alignments:
            packed = scratch / "photos.npy"
            text = mien("data", "pack", source, "--faces", "--detector", detector, "--crop", crop, *([align] if align else []), "-o", packed)
            report = evaluate(model, packed, "Training")
            found = report["count"]
            note = {"--no-align": ", not turned", "": ""}[align]
            lines.append(f"| {detector}, {crop}{note} | {found} | {percent(report['accuracy'])} | {number(report['macro_f1'])} |")
            del text
    return lines


def main():
    data = Path(sys.argv[1])
    original = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        csv = data / "fer2013.csv"
        if not csv.exists():
            csv = scratch / "fer2013.csv"
            with lzma.open(data / "fer2013.csv.xz") as packed, open(csv, "wb") as plain:
                shutil.copyfileobj(packed, plain)
        votes = data / "fer2013new.csv"
        model = ROOT / "models/reference.onnx"
        crops = crops_of(model)
        print("## reference.onnx\n")
        filtered = scratch / "filtered.npy"
        print("```\n" + mien("data", "filter", csv, "--crop", crops.get("hog", DEFAULT_CROPS["hog"]), "-o", filtered).rsplit("wrote", 1)[0] + "```\n")
        print("\n".join(fer_tables(model, csv, votes, filtered)))
        int8 = ROOT / "models/reference-int8.onnx"
        if int8.exists():
            print("\n## reference-int8.onnx\n")
            print("\n".join(fer_tables(int8, csv, votes, filtered, ("--precision", "int8"))))
        bf16 = evaluate(model, csv, "PrivateTest", "--precision", "bf16")
        print("\n## reference.onnx run in bf16\n\n" + "\n".join([*HEADER, score_row("PrivateTest, single view", bf16)]))
        if original:
            boxes = scratch / "boxes.npy"
            mien("data", "filter", csv, "-o", boxes)
            print("\n## The original's own recipe\n\nTrained and measured on the filtered pictures, cropped to the box of HOG.\n\n" + "\n".join(HEADER))
            for split in ("PublicTest", "PrivateTest"):
                print(score_row(f"{split}, filtered", evaluate(original, boxes, split)))
            print(score_row("PrivateTest, whole pictures", evaluate(original, csv, "PrivateTest")))
        card = mien("evaluate", "--model", model, "--data", csv, "--slices", "--robustness", "--format", "card")
        print("\n## What disturbs it, and what is read worse\n\nPrivateTest. " + card[card.index("Accuracy of parts"):])
        print("\n## Photographs, the whole way\n")
        for name in ("jaffe", "CK+48"):
            if (data / name).exists() and name == "jaffe":
                print("JAFFE, 213 photographs: detector and crop geometry (scale, shift_x, shift_y)\n")
                print("| detector, geometry | faces | accuracy, % | macro F1 |\n|---|---|---|---|")
                scale, x, y = map(float, crops.get("hog", DEFAULT_CROPS["hog"]).split())
                around = [f"{s:.2f} 0 {d:.2f}" for s, d in ((1.0, 0), (scale - 0.1, y), (scale, 0), (scale, y), (scale, y - 0.05), (scale + 0.15, y))]
                around[3] = crops.get("hog", DEFAULT_CROPS["hog"])
                print("\n".join(photo_rows(model, data / name, "hog", around, scratch)))
                if "yunet" in crops:
                    try:
                        print("\n".join(photo_rows(model, data / name, "yunet", [crops["yunet"]], scratch, ("--no-align", ""))))
                    except subprocess.CalledProcessError as error:
                        print(f"\nYuNet was not measured: {error.stderr.strip()}")
            elif (data / name).exists():
                packed = scratch / "ck.npy"
                mien("data", "pack", data / name, "-o", packed)
                report = evaluate(model, packed, "Training")
                print("\nCK+48, whole pictures, the six classes that the network knows\n\n" + "\n".join([*HEADER, score_row("CK+48", report)]))


if __name__ == "__main__":
    main()
