#!/usr/bin/env python3
"""gan_ablation -- what each option of [train.gan] does to a GAN of few images, at equal updates.

    bench/gan_ablation.py run DATA OUT [--minutes 115] [--options base plain ...] [--seeds 1 2] [--steps 2500]
    bench/gan_ablation.py table OUT/rows.csv >bench/results/gan-ablation.md

One fold of DATA/ham10000/skin4.csv, split by lesion, 64 pixels. Its test part is taken out of the list of images before anything
is trained: all figures are of the validation part. The two rare classes get a GAN each of --steps updates; what trains on all
classes first, or at once, gets as many in all. One classifier, trained once on the training part, judges all of them, and as a control
the same net with random weights. A row of rows.csv is a run, the mean of the two classes. Goes on where it was stopped; --minutes ends it,
saved, with exit status 3 if anything is left."""
import argparse
import csv
import json
import math
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BALLAST = os.environ.get("BALLAST", os.path.join(HERE, "..", "build", "release", "ballast"))
CLASSES = ("dermatofibroma", "vascular_lesion")
FIGURES = ("kid", "kid_error", "precision", "recall", "density", "coverage")
# name: what differs from the base, in words; settings of [train.gan]
OPTIONS = {
    "base": ("`augment = diff`, `ema = 0.995`, as `plan` chooses", {}),
    "plain": ("`augment = none`", {"augment": "none"}),
    "no_ema": ("`ema = 0`", {"ema": "0"}),
    "lecam": ("`lecam = 0.3`", {"lecam": "0.3"}),
    "spectral_norm": ("`spectral_norm = on`", {"spectral_norm": "on"}),
    "conditional": ("`classes = conditional`", {"classes": "conditional"}),
    "transfer": ("`pretrain`, half of all updates, and `freeze = 2`", {"freeze": "2"}),
    "ada": ("`augment = ada images=20000`", {"augment": "ada images=20000"}),
    "r1": ("`r1 = 1`", {"r1": "1"}),
    "minibatch_std": ("`layer = minibatch_std`", {}),
}
SIX = ("base", "plain", "no_ema", "lecam", "spectral_norm", "conditional", "transfer")


class OutOfTime(Exception):
    pass


def stop(*_):
    raise OutOfTime


class Ablation:
    def __init__(self, args):
        self.args = args
        self.data = os.path.abspath(os.path.join(args.data, "ham10000"))
        self.out = os.path.abspath(args.out)
        self.end = time.monotonic() + 60 * args.minutes

    def ballast(self, *words):
        """Runs it until it is done; a stop, by signal or time, lets it save."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        child = subprocess.Popen([BALLAST, *words], stdout=subprocess.DEVNULL)
        try:
            code = child.wait(left)
        except KeyboardInterrupt: # the terminal has told the child too
            child.wait()
            raise OutOfTime from None
        except (subprocess.TimeoutExpired, OutOfTime):
            child.terminate()
            child.wait()
            raise OutOfTime from None
        if code:
            sys.exit(f"{' '.join(words)}: exit status {code}")

    def train(self, name, config, settings, *flags):
        """The run OUT/name: begun, or gone on with."""
        folder = os.path.join(self.out, name)
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        if os.path.exists(os.path.join(folder, "config.ini")):
            self.ballast("train", "--resume", folder, *flags, *words)
        else:
            self.ballast("train", config, "--out", self.out, "--set", f"run.name={name}", *flags, *words)

    def config(self, option):
        """The base file, with the layers that an option needs."""
        with open(os.path.join(HERE, "gan_ablation.ini"), encoding="utf-8") as f:
            text = f.read()
        last = re.search(r"layer = conv filters=1 .*", text).group()
        if option == "conditional":
            text = text.replace(last, last.replace("filters=1 ", "filters=5 "))
        if option == "minibatch_std":
            text = text.replace(last, "layer = minibatch_std\n" + last)
        path = os.path.join(self.out, f"{option}.ini")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def prepare(self):
        """fold.csv: training and validation images of the first fold, none to test; the classifier."""
        os.makedirs(self.out, exist_ok=True)
        base, fold = self.config("base"), os.path.join(self.out, "fold.csv")
        if not os.path.exists(fold):
            split = {"data.path": os.path.join(self.data, "skin4.csv"), "train.gan.classes": CLASSES[0], "train.gan.steps": 1}
            self.train("split", base, split, "--only", "gan", "--quiet")
            with open(os.path.join(self.out, "split", "split.csv"), encoding="utf-8", newline="") as f:
                rows = [row for row in csv.DictReader(f) if row["part"] in ("train", "validation")]
            with open(fold + ".tmp", "w", encoding="utf-8", newline="") as f:
                out = csv.writer(f, lineterminator="\n")
                out.writerow(("path", "label", "group", "split"))
                out.writerows((os.path.join(self.data, r["path"]), r["label"], r["group"], r["part"]) for r in rows)
            os.replace(fold + ".tmp", fold)
        self.of_fold = {"data.path": fold, "data.folds": 0}
        self.train("features", base, {**self.of_fold, **self.args.classifier}, "--only", "classifier", "--quiet")

    def quality(self, name, option):
        """The figures of both classes, or None where one is not there yet."""
        found = []
        for of in CLASSES:
            place = os.path.join("conditional", "classes", of) if option == "conditional" else of
            path = os.path.join(self.out, name, "gan", place, "quality.json")
            if not os.path.exists(path):
                return None
            with open(path, encoding="utf-8") as f:
                found.append(json.load(f))
        return found

    def settings(self, option, seed):
        steps = self.args.steps
        s = {**self.of_fold, "run.seed": seed, "train.gan.features": os.path.join(self.out, "features"),
             "train.gan.steps": steps, "train.gan.lecam_start": steps // 4, "train.gan.sample": max(steps // 4, 1),
             "train.gan.checkpoint": max(steps // 4, 1)}
        s.update({f"train.gan.{key}": value for key, value in OPTIONS[option][1].items()})
        if option == "conditional":
            s["train.gan.steps"] = len(CLASSES) * steps
        if option == "transfer":
            s["train.gan.pretrain"] = len(CLASSES) * steps // 2
            s["train.gan.steps"] = steps - s["train.gan.pretrain"] // len(CLASSES)
        return s

    def one(self, option, seed):
        name, settings = f"{option}-seed{seed}", self.settings(option, seed)
        if not self.quality(name, option):
            print(f"{name}: {time.strftime('%H:%M:%S')}", flush=True)
            config = self.config(option)
            for of in ("conditional",) if option == "conditional" else CLASSES:
                self.train(name, config, {**settings, "train.gan.classes": of}, "--only", "gan", "--quiet")
        return self.row(name, option, seed)

    def row(self, name, option, seed):
        both = self.quality(name, option)
        with open(os.path.join(self.out, name, "run.json"), encoding="utf-8") as f:
            run = json.load(f)

        def mean(values):
            values = list(values)
            return sum(values) / len(values)

        def figures(images, features):
            of = {key: mean(q[images][features][key] for q in both) for key in FIGURES if key != "kid_error"}
            of["kid_error"] = math.hypot(*(q[images][features]["kid_error"] for q in both)) / len(both)
            return of

        row = {"option": option, "seed": seed, "updates": len(CLASSES) * self.args.steps}
        row.update(figures("generated_images", "classifier"))
        row.update({f"random_{key}": value for key, value in figures("generated_images", "random").items()})
        row.update({f"real_{key}": value for key, value in figures("real_images", "classifier").items()})
        row.update({f"kid_{of}": q["generated_images"]["classifier"]["kid"] for of, q in zip(CLASSES, both)})
        row["copies"] = mean(max(space["count"] for space in q["copies"].values()) / q["generated"] for q in both)
        row.update({"seconds": round(run["seconds"]), "device": run["device"], "commit": run["commit"]})
        return row

    def write(self, rows):
        path = os.path.join(self.out, "rows.csv")
        with open(path + ".tmp", "w", encoding="utf-8", newline="") as f:
            out = csv.DictWriter(f, rows[0], lineterminator="\n")
            out.writeheader()
            out.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
        os.replace(path + ".tmp", path)

    def run(self):
        rows = []
        self.prepare()
        for seed in self.args.seeds:
            for option in self.args.options:
                rows.append(self.one(option, seed))
                self.write(rows)
        print(f"{os.path.join(self.out, 'rows.csv')}: {len(rows)} runs")


def table(path):
    with open(path, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))

    def figures(key):
        base = {r["seed"]: float(r[key]) for r in rows if r["option"] == "base"}
        of = {}
        for r in rows:
            of.setdefault(r["option"], []).append((float(r[key]), float(r[key]) - base.get(r["seed"], math.nan)))
        return of

    def cell(pairs, which, form):
        values = [pair[which] for pair in pairs]
        mean = sum(values) / len(values)
        return "n/a" if math.isnan(mean) else f"{mean:{form}} ({', '.join(f'{v:{form}}' for v in values)})"

    kid, coverage, random, random_coverage = (figures(key) for key in ("kid", "coverage", "random_kid", "random_coverage"))
    error, copies, seconds = figures("kid_error"), figures("copies"), figures("seconds")
    seeds = sorted({r["seed"] for r in rows}, key=int)
    first = rows[0]
    print("# What options of a GAN do with few images\n")
    print(f"Each row: the mean of {' and '.join(CLASSES)} over seeds {', '.join(seeds)}, in brackets each seed; {first['updates']} updates in all,")
    print("64 pixels, one fold of skin4, against its validation part; the lowest KID first. KID and coverage in features of one classifier, the same for all")
    print("rows, trained on the training part alone; the control in those of the same net untrained. The checkpoint was chosen by the same KID, so all are")
    print("a little too good; that of `conditional` by all classes together. +- is the mean standard error of a run's KID. Not comparable with published figures, which are of an Inception net.\n")
    print("    bench/gan_ablation.py run ../shared/data OUT && bench/gan_ablation.py table OUT/rows.csv\n")
    print(f"{first['device']}, commit {first['commit']}. Real training images: KID {float(first['real_kid']):.4f}, coverage "
          f"{float(first['real_coverage']):.2f}.\n")
    print("| option | differs from base by | KID | +- | minus base | coverage | minus base | control: KID | coverage | copies | s a run |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for option in sorted(kid, key=lambda o: sum(v for v, _ in kid[o]) / len(kid[o])):
        plain = [sum(v for v, _ in of[option]) / len(of[option]) for of in (error, copies, seconds)]
        minus = [cell(of[option], 1, form) if option != "base" else "" for of, form in ((kid, "+.4f"), (coverage, "+.2f"))]
        print(f"| {option} | {OPTIONS[option][0]} | {cell(kid[option], 0, '.4f')} | {plain[0]:.4f} | {minus[0]} | "
              f"{cell(coverage[option], 0, '.2f')} | {minus[1]} | {cell(random[option], 0, '.2e')} | {cell(random_coverage[option], 0, '.2f')} | "
              f"{plain[1]:.2f} | {plain[2]:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="train what is not trained yet, and write OUT/rows.csv")
    run.add_argument("data")
    run.add_argument("out")
    run.add_argument("--minutes", type=float, default=115)
    run.add_argument("--options", nargs="+", default=list(SIX), choices=list(OPTIONS), metavar="OPTION")
    run.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    run.add_argument("--steps", type=int, default=2500)
    run.add_argument("--epochs", type=int, help="of the classifier; as in gan_ablation.ini")
    show = verbs.add_parser("table", help="rows.csv as Markdown")
    show.add_argument("rows")
    args = parser.parse_args()
    if args.verb == "table":
        return table(args.rows)
    args.classifier = {"train.classifier.epochs": args.epochs} if args.epochs else {}
    signal.signal(signal.SIGTERM, stop)
    try:
        Ablation(args).run()
    except OutOfTime:
        print("stopped; the same command goes on")
        sys.exit(3)


if __name__ == "__main__":
    main()
