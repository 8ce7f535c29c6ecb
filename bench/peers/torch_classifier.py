"""The arm `original` of an experiment trained by PyTorch instead: same images, split, net, optimizer and schedule.

usage: PYTHON bench/peers/torch_classifier.py RUN OUT.csv [--folds 0,1] [--seeds 1,2]
PYTHON has torch, numpy and Pillow. RUN is the folder of `ballast experiment`; OUT.csv gets predictions of every test part
(as RUN/pytorch.csv, a row of bench/real_table.py). Nets of conv, batch_norm, relu, max_pool,
global_avg_pool, flatten, dropout and dense; loss cross_entropy without options, adam; the epoch with the best validation
balanced accuracy is kept, as ballast does. What differs: random numbers, and Pillow's resizing."""
import argparse
import collections
import configparser
import csv
import math
import os

import numpy as np
import torch
from PIL import Image
from torch import nn

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("run")
options.add_argument("out")
options.add_argument("--folds")
options.add_argument("--seeds")
options = options.parse_args()


class Repeated(collections.OrderedDict):
    """Keys that come again (layer) are kept as lines."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


config = configparser.ConfigParser(dict_type=Repeated, strict=False, interpolation=None)
config.read(os.path.join(options.run, "config.ini"))
data, train = config["data"], config["train.classifier"]
size, channels = int(data["size"]), int(data["channels"])


def words(line):
    name, *rest = line.split()
    return name, dict(word.split("=") for word in rest)


def load(rows):
    """float32 [n][channels][size][size] in 0..1."""
    source, path = data["source"].split()[0], data["path"]
    out = np.empty((len(rows), channels, size, size), np.float32)
    arrays = np.load(path) if source == "npz" else None
    folder = path if source == "folder" else os.path.dirname(path)
    for i, row in enumerate(rows):
        if source == "npz":
            part, number = row["path"].split("/")
            image = Image.fromarray(arrays[part + "_images"][int(number)])
        else:
            image = Image.open(os.path.join(folder, row["path"]))
        image = image.convert("L" if channels == 1 else "RGB")
        if image.size != (size, size):
            image = image.resize((size, size), Image.BILINEAR)
        pixels = np.asarray(image, np.float32) / 255
        out[i] = pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
    return out


def make_net():
    layers, depth, side = [], channels, size
    for line in config["classifier"]["layer"].strip().split("\n"):
        name, o = words(line)
        if name == "conv":
            k, pad, stride = int(o.get("kernel", 3)), int(o.get("pad", 0)), int(o.get("stride", 1))
            layers.append(nn.Conv2d(depth, int(o["filters"]), k, stride, pad, bias=o.get("bias", "on") == "on"))
            depth, side = int(o["filters"]), (side + 2 * pad - k) // stride + 1
        elif name == "batch_norm":
            layers.append(nn.BatchNorm2d(depth))
        elif name == "relu":
            layers.append(nn.ReLU())
        elif name == "max_pool":
            layers.append(nn.MaxPool2d(int(o["kernel"]), int(o["stride"])))
            side //= int(o["stride"])
        elif name == "global_avg_pool":
            layers.append(nn.AdaptiveAvgPool2d(1))
            side = 1
        elif name == "flatten":
            layers.append(nn.Flatten())
            depth, side = depth * side * side, 1
        elif name == "dropout":
            layers.append(nn.Dropout(float(o.get("rate", 0.5))))
        elif name == "dense":
            layers.append(nn.Linear(depth, int(o["units"])))
            depth = int(o["units"])
        else:
            raise SystemExit("layer %s is not in this script" % name)
    return nn.Sequential(*layers)


def rate(step, total):
    """Of the schedule, step from 1."""
    name, o = words(train["schedule"])
    warmup = int(o.get("warmup", 0))
    warm = min(1, step / warmup) if warmup else 1
    if name == "cosine":
        floor = float(o.get("floor", 0))
        along = min(max((step - 1 - warmup) / max(1, total - warmup), 0), 1)
        return warm * (floor + (1 - floor) * (1 + math.cos(math.pi * along)) / 2)
    if name == "constant":
        return warm
    raise SystemExit("schedule %s is not in this script" % name)


def answers(net, x):
    net.eval()
    with torch.no_grad():
        return torch.cat([net(part).softmax(1) for part in x.split(256)]).numpy()


def balanced_accuracy(p, y):
    return np.mean([(p[y == c].argmax(1) == c).mean() for c in np.unique(y)])


def fit(x, y, vx, vy, seed):
    torch.manual_seed(seed)
    net, batch = make_net(), int(train["batch"])
    name, o = words(train["optimizer"])
    if name != "adam":
        raise SystemExit("optimizer %s is not in this script" % name)
    adam = torch.optim.Adam(net.parameters(), float(o.get("lr", 1e-3)))
    epochs, steps = int(train["epochs"]), (len(x) + batch - 1) // batch
    total, best, kept, order = epochs * steps, -1, None, torch.empty(0, dtype=torch.long)
    for step in range(1, total + 1):
        while len(order) < batch:
            order = torch.cat([order, torch.randperm(len(x))])
        index, order = order[:batch], order[batch:]
        net.train()
        for group in adam.param_groups:
            group["lr"] = float(o.get("lr", 1e-3)) * rate(step, total)
        adam.zero_grad()
        nn.functional.cross_entropy(net(x[index]), y[index]).backward()
        adam.step()
        if step % steps == 0:
            score = balanced_accuracy(answers(net, vx), vy)
            if score > best:
                best, kept = score, {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    return net, best


def listed(text, default):
    return [int(v) for v in text.replace(",", " ").split()] if text else default


rows = list(csv.DictReader(open(os.path.join(options.run, "split.csv"))))
rows = [r for r in rows if r["part"] != "dropped" and r["label"]]
classes = sorted({r["label"] for r in rows})
folds = int(data["folds"])
images = torch.from_numpy(load(rows))
labels = torch.tensor([classes.index(r["label"]) for r in rows])
given_test = any(r["fold"] == "" and r["part"] == "test" for r in rows)


def part(row, fold):
    if not folds or row["fold"] == "":
        return row["part"]
    here = int(row["fold"])
    if given_test:
        return "validation" if here == fold else "train"
    return "test" if here == fold else "validation" if here == (fold + 1) % folds else "train"


with open(options.out, "w", newline="") as file:
    out = csv.writer(file)
    out.writerow(["path", "label", "predicted", "fold", "seed", "arm"] + ["p:" + c for c in classes])
    for fold in listed(options.folds, list(range(folds)) if folds else [-1]):
        where = {p: [i for i, r in enumerate(rows) if part(r, fold) == p] for p in ("train", "validation", "test")}
        x = {p: images[i] for p, i in where.items()}
        y = {p: labels[i] for p, i in where.items()}
        for seed in listed(options.seeds, listed(config["experiment"].get("seeds"), [int(config["run"]["seed"])])):
            net, best = fit(x["train"], y["train"], x["validation"], y["validation"].numpy(), seed)
            p = answers(net, x["test"])
            print("fold %d seed %d: validation balanced accuracy %.4f" % (fold, seed, best), flush=True)
            for i, q in zip(where["test"], p):
                out.writerow([rows[i]["path"], rows[i]["label"], classes[q.argmax()], fold if fold >= 0 else "", seed,
                              "pytorch"] + ["%.9g" % v for v in q.astype(np.float64) / q.astype(np.float64).sum()])
