#!/usr/bin/env python3
"""The table of real images in Markdown, from the experiments that bench/real.sh has made.

usage: bench/real_table.py OUT [RESULTS]
OUT is bench/real.sh's; with RESULTS, each experiment's report, settings and run.json are copied there, without paths of
this machine. Figures are of all test predictions together, intervals of 95 % by drawing test images, or groups, anew."""
import json
import pathlib
import re
import shutil
import sys

SETS = {  # name: images, protocol, what balanced accuracy and the lowest recall shall reach
    "xray362": ("chest-xray-362, 235 / 127", "5 folds, 3 seeds", 0.96, None),
    "xray": ("chest-xray, 1341 / 3875", "its own test folder, 3 seeds", 0.90, None),
    "pneumonia": ("PneumoniaMNIST", "official split, 3 seeds", 0.92, 0.87),
    "pneumonia-10": ("PneumoniaMNIST, normal 1 : 10", "official split, 3 seeds", None, None),
    "pneumonia-30": ("PneumoniaMNIST, normal 1 : 30", "official split, 3 seeds", None, None),
    "pneumonia-100": ("PneumoniaMNIST, normal 1 : 100", "official split, 3 seeds", None, None),
    "skin4": ("skin4, 1800 / 1497 / 142 / 111", "5 folds by lesion", 0.75, 0.64),
    "ham10000": ("HAM10000, 7 classes", "one split by lesion, 3 seeds", 0.65, None),
}
KEPT = ("experiment.json", "experiment.txt", "config.ini", "run.json", "forest.svg")


def decimals(v, digits=3):
    return f"{v:.{digits}f}".replace("0.", ".", 1) if v is not None else ""


def interval(e):
    if e is None or e["mean"] is None:
        return ""
    if e["low"] is None:
        return decimals(e["mean"])
    return f"{decimals(e['mean'])} [{decimals(e['low'])}, {decimals(e['high'])}]"


def rows(name, experiment):
    images, protocol, accuracy, recall = SETS[name]
    for number, (arm, of) in enumerate(experiment["arms"].items()):
        pooled = of["pooled"]
        difference = of.get("pooled_difference_to", {}).get("original", {}).get("balanced_accuracy")
        lowest = min(pooled["recall"], key=lambda k: pooled["recall"][k]["mean"])
        bar = ", ".join(decimals(b, 2) for b in (accuracy, recall) if b)
        yield (
            f"| {images if number == 0 else ''} | {protocol if number == 0 else ''} | {arm} "
            f"| {interval(pooled['balanced_accuracy'])} | {lowest} {interval(pooled['lowest_recall'])} "
            f"| {interval(difference)} | {bar if arm == 'planned' else ''} |"
        )


def keep(experiment, results):
    results.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        source = experiment / name
        if name.endswith(".svg"):
            shutil.copy(source, results / name)
        else:
            text = source.read_text()
            (results / name).write_text(re.sub(r"(?<![\w.])/(?:[\w.@+-]+/)+([\w.@+-]+)", r"\1", text))


def main():
    out = pathlib.Path(sys.argv[1])
    print("| images | protocol | arm | balanced accuracy | lowest recall | difference to `original` | asked |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in SETS:
        if (out / name / "experiment.json").exists():
            print("\n".join(rows(name, json.loads((out / name / "experiment.json").read_text()))))
            if len(sys.argv) > 2:
                keep(out / name, pathlib.Path(sys.argv[2]) / name)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
