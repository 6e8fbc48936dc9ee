#!/usr/bin/env python3
"""Repeats the study: trains what recipes/study.toml lists, measures it, and writes its tables into docs/results.md.

    make study DATA=folder [OUT=study] [ONLY=name,name]

DATA is a folder with fer2013.csv (or .csv.xz), fer2013new.csv and, for the mixed set, CK+48/ and jaffe/. Every row is a run of `mien train`
in OUT/NAME. Finished runs are not trained again, interrupted ones are resumed, and the tables omit rows that are not trained yet. ONLY lists
the rows to train; none trains nothing and writes the tables of the finished runs.
"""
import argparse
import csv
import json
import lzma
import random
import shutil
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

from document import write_part

ROOT = Path(__file__).resolve().parent.parent
MIEN = ROOT / "build/bin/mien"
DOCUMENT = ROOT / "docs/results.md"
HISTORIES = ROOT / "docs/study"
FRAME = "1.09 0 -0.1"  # crop.hog of the shipped networks
SMALL = 4636  # training images that the original study used for MobileNetV2
NEIGHBORS = {"pixels": "k nearest neighbors, pixels", "hog": "k nearest neighbors, HOG"}


def mien(*arguments, capture=True):
    done = subprocess.run([str(MIEN), *map(str, arguments)], stdout=subprocess.PIPE if capture else None, text=True)
    if done.returncode != 0:
        sys.exit(f"mien {' '.join(map(str, arguments))}: exit code {done.returncode}")
    return done.stdout


class Data:
    """The data sets of the rows, created once in OUT/data."""

    def __init__(self, source, out):
        self.source, self.folder = source, out / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.votes = source / "fer2013new.csv"
        self.csv = source / "fer2013.csv"
        if not self.csv.exists():
            self.csv = self.made("fer2013.csv", self.unpack)
        self.boxes = self.made("boxes.npy", lambda path: mien("data", "filter", self.csv, "--votes", self.votes, "-o", path))
        self.framed = self.made("framed.npy", lambda path: mien("data", "filter", self.csv, "--votes", self.votes, "--crop", FRAME, "-o", path))

    def made(self, name, make):
        path = self.folder / name
        if not path.exists():
            print(f"creating {path}", file=sys.stderr)
            make(path)
        return path

    def unpack(self, path):
        with lzma.open(self.source / "fer2013.csv.xz") as packed, open(path.with_suffix(".tmp"), "wb") as plain:
            shutil.copyfileobj(packed, plain)
        path.with_suffix(".tmp").rename(path)

    def drop_all_but_small(self, path):
        with open(self.csv) as file:
            training = [row for row, line in enumerate(csv.DictReader(file)) if line["Usage"] == "Training"]
        random.Random(1).shuffle(training)
        path.write_text("row\n" + "".join(f"{row}\n" for row in sorted(training[SMALL:])))

    def with_subjects(self, name, *options):
        """CK+48 or JAFFE, with every fifth subject in PrivateTest."""
        return self.made(f"{name}.npy", lambda path: mien("data", "pack", self.source / name, *options, "--test-subjects", 5, "-o", path))

    def ck(self):
        return self.with_subjects("CK+48")

    def jaffe(self):
        return self.with_subjects("jaffe", "--faces", "--crop", FRAME)

    def mix(self, path):
        fer = self.made("fer2013.npy", lambda packed: mien("data", "pack", self.csv, "--votes", self.votes, "-o", packed))
        mien("data", "pack", fer, self.ck(), self.jaffe(), "-o", path)

    def arguments(self, kind):
        """Arguments of `mien train`."""
        if kind == "boxes":
            return ["--data", self.boxes]
        if kind == "mixed":
            return ["--data", self.made("mixed.npy", self.mix)]
        whole = ["--data", self.csv, "--votes", self.votes]
        return [*whole, "--drop", self.made("drop.csv", self.drop_all_but_small)] if kind == "small" else whole


def options_of(settings):
    options = []
    for key, value in settings.items():
        if isinstance(value, bool):
            options.append(f"--{key}" if value else f"--no-{key}")
        else:
            options += [f"--{key}", value]
    return options


def read_history(run):
    path = run / "history.csv"
    return list(csv.DictReader(path.open())) if path.exists() else []


def epochs_of(row):
    recipe = tomllib.loads((ROOT / "recipes" / row["recipe"]).read_text())["train"]
    return row.get("settings", {}).get("epochs", recipe["epochs"])


def train(row, run, data):
    recipe = ROOT / "recipes" / row["recipe"]
    start = ["--resume"] if (run / "last.ckpt").exists() else ["--recipe", recipe, *options_of(row.get("settings", {}))]
    mien("train", *start, *data.arguments(row.get("data", "csv")), "--out", run, capture=False)


def percent(score):
    return f"{100 * score['value']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"


def number(score):
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def minutes(history):
    """At the speed of the fastest epoch of each image size, because other processes may have slowed down the rest."""
    rates = [float(epoch["images_per_second"]) for epoch in history]
    images = statistics.median(float(epoch["images_per_second"]) * float(epoch["seconds"]) for epoch in history)
    sizes = [[rate for rate in rates if rate > 0.75 * max(rates)], [rate for rate in rates if rate <= 0.75 * max(rates)]]
    return sum(len(size) * images / max(size) for size in sizes if size) / 60


def measure(model, source, split):
    return json.loads(mien("evaluate", "--model", model, "--data", source, "--split", split, "--format", "json"))


def cached(path, make):
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_text(json.dumps(make()))
        part.rename(path)
    return json.loads(path.read_text())


def scores(run, row, data):
    """The measurements of a finished run, stored in OUT/NAME/scores.json."""
    model = run / "model.onnx"
    if not model.exists():
        plain = run / "plain.onnx"
        mien("export", run / "best.ckpt", "-o", plain)
        votes = [] if row.get("data") == "boxes" else ["--votes", data.votes]
        mien("calibrate", "--model", plain, "-o", model, "--data", data.boxes if row.get("data") == "boxes" else data.csv, *votes, *row.get("calibrate", []))
    own = data.boxes if row.get("data") == "boxes" else data.framed
    bench = json.loads(mien("bench", "--model", model, "--precision", "f32", "--threads", 1, "--seconds", 0.1, "--format", "json"))
    found = {"parameters": json.loads(mien("info", model, "--format", "json"))["parameters"], "multiply_adds": bench["multiply_adds"],
             "public": measure(model, data.csv, "PublicTest"), "private": measure(model, data.csv, "PrivateTest"),
             "filtered": measure(model, own, "PrivateTest")}
    return found


def neighbors(features, data):
    def of(source, split):
        return json.loads(mien("knn", "--data", source, "--features", features, "--split", split, "--format", "json"))

    return {"public": of(data.csv, "PublicTest"), "private": of(data.csv, "PrivateTest"), "filtered": of(data.framed, "PrivateTest")}


def training_time(history):
    return f"{minutes(history):.0f} min" if minutes(history) < 90 else f"{minutes(history) / 60:.1f} h"


def score_cells(found):
    return (f"{percent(found['public']['accuracy'])} | {number(found['public']['macro_f1'])} | {percent(found['private']['accuracy'])} | {number(found['private']['macro_f1'])} | "
            f"{percent(found['filtered']['accuracy'])} | {number(found['filtered']['macro_f1'])} |")


def network_table(rows, knn):
    lines = ["| model | parameters | MACs | epochs | training time, one core | PublicTest, % | macro F1 | PrivateTest, % | macro F1 | PrivateTest filtered, % | macro F1 |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for name, found in knn.items():
        chosen = found["private"]["knn"]
        lines.append(f"| {NEIGHBORS[name]} (k {chosen['k']}, {chosen['metric']}) | | | | {sum(chosen['seconds'].values()) / 60:.1f} min | {score_cells(found)}")
    for row, history, found in rows:
        lines.append(f"| {row['title']} | {found['parameters']:,} | {found['multiply_adds'] / 1e6:.0f} M | {len(history)} | {training_time(history)} | {score_cells(found)}")
    return lines


def ablation_table(rows):
    lines = ["| change | PublicTest, % | PrivateTest, % | macro F1 | recall of disgust | recall of fear |", "|---|---|---|---|---|---|"]
    for row, _, found in rows:
        recall = {c["label"]: c["recall"]["value"] for c in found["private"]["per_class"]}
        lines.append(f"| {row['title']} | {percent(found['public']['accuracy'])} | {percent(found['private']['accuracy'])} | "
                     f"{number(found['private']['macro_f1'])} | {recall['disgust']:.2f} | {recall['fear']:.2f} |")
    return lines


def subjects_table(rows, data, out):
    lines = ["| trained on | CK+48, every fifth subject, % | JAFFE, every fifth subject, % |", "|---|---|---|"]
    for name in ("base", "mixed"):
        if name not in rows:
            return []
        model = out / f"ablation-{name}" / "model.onnx"
        cells = [percent(measure(model, source, "PrivateTest")["accuracy"]) for source in (data.ck(), data.jaffe())]
        lines.append(f"| {rows[name]['title']} | {' | '.join(cells)} |")
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="all", help="comma-separated rows to train; all or none")
    chosen = parser.parse_args()
    study = tomllib.loads((ROOT / "recipes/study.toml").read_text())
    data = Data(chosen.data, chosen.out)
    names = None if chosen.only == "all" else [] if chosen.only == "none" else chosen.only.split(",")
    rows = {f"ablation-{name}": {**study["ablation"], **row, "settings": {**study["ablation"]["settings"], **row.get("settings", {})}}
            for name, row in study["ablations"].items()}
    rows = {**study["networks"], **rows}
    finished = {}
    HISTORIES.mkdir(exist_ok=True)
    for name, row in rows.items():
        run = chosen.out / name
        is_finished = len(read_history(run)) >= epochs_of(row)
        if not is_finished and (names is None or name in names):
            train(row, run, data)
        elif not is_finished:
            print(f"{name}: training is not finished; omitted from the tables", file=sys.stderr)
            continue
        history = read_history(run)
        finished[name] = (row, history, cached(run / "scores.json", lambda: scores(run, row, data)))
        shutil.copy(run / "history.csv", HISTORIES / f"{name}.csv")
    knn = {}
    for name in NEIGHBORS:
        path = chosen.out / f"knn-{name}.json"
        if path.exists() or names is None or f"knn-{name}" in names:
            knn[name] = cached(path, lambda: neighbors(name, data))
    tables = network_table([finished[name] for name in study["networks"] if name in finished], knn)
    tables += ["", "### Ablations: one change at a time", ""] + ablation_table([finished[f"ablation-{n}"] for n in study["ablations"] if f"ablation-{n}" in finished])
    subjects = subjects_table({n: study["ablations"][n] for n in study["ablations"] if f"ablation-{n}" in finished}, data, chosen.out)
    tables += [""] + subjects if subjects else []
    write_part(DOCUMENT, "make study", tables)


if __name__ == "__main__":
    main()
