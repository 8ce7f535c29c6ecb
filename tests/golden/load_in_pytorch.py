"""Load a run's nets in PyTorch with strict=True and compare what they make with what ballast wrote.

usage: load_in_pytorch.py RUN [--images DIR --seed N] [--predictions FILE.csv [--heatmaps DIR]]

DIR: what `ballast generate RUN --class C --out DIR` wrote, in a folder for each class; PNGs hold 8 bits, so a pixel must be the
rounding of something within 1e-4 (of images in [-1, 1]) of PyTorch's. FILE: what `ballast predict RUN PATH --out FILE` wrote for
images of the run's own size; probabilities must be within 1e-4. --heatmaps: what --heatmap wrote beside it; a pixel must be the
rounding of something within 1e-4 of PyTorch's. Needs torch. Exit 0: all loaded and the same."""
import argparse
import csv
import json
import math
import os
import struct
import sys
import zlib

import torch
import torch.nn.functional as F

import _safetensors
from _nets import Net, feature_map, gradcam, read_config, value_of

TOLERANCE = 1e-4

def metadata(path):
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        return json.loads(f.read(size)).get("__metadata__", {})


def load(section, example, path):
    net = Net(section, example)
    net.load_state_dict(_safetensors.load(path), strict=True)
    print("%s: loaded with strict=True, %d tensors" % (path, len(net.state_dict())))
    return net


# ---- what ballast wrote ---------------------------------------------------------------------------------------------


def read_png(path):
    """[c][h][w], 0..255, of an 8-bit grey or RGB PNG."""
    with open(path, "rb") as f:
        raw = f.read()
    at, data = 8, b""
    while at < len(raw):
        size, kind = struct.unpack(">I4s", raw[at:at + 8])
        body = raw[at + 8:at + 8 + size]
        if kind == b"IHDR":
            w, h, depth, colour = struct.unpack(">IIBB", body[:10])
        data += body if kind == b"IDAT" else b""
        at += size + 12
    c = {0: 1, 2: 3}[colour]
    assert depth == 8, path
    data, before, rows = zlib.decompress(data), bytes(w * c), []
    for y in range(h):
        kind, row = data[y * (w * c + 1)], bytearray(data[y * (w * c + 1) + 1:(y + 1) * (w * c + 1)])
        for i in range(w * c):
            a, b, d = row[i - c] if i >= c else 0, before[i], before[i - c] if i >= c else 0
            p = a + b - d
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - d), 2, d))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        before = bytes(row)
        rows.append(before)
    return torch.tensor(list(b"".join(rows)), dtype=torch.float64).reshape(h, w, c).permute(2, 0, 1)


def philox(i, key, block):
    """Philox4x32-10, as include/ballast/rng.h has it."""
    c, k = [i & 0xFFFFFFFF, i >> 32, *block], list(key)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [q >> 32 ^ c[1] ^ k[0], q & 0xFFFFFFFF, p >> 32 ^ c[3] ^ k[1], p & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def latents(seed, count, size):
    """The latents of `ballast generate`: normal numbers of (seed, BAL_FOR_GENERATE, 0, number of the batch of 64)."""
    generate, out = 10, []
    for batch in range((count + 63) // 64):
        n, numbers = min(64, count - 64 * batch) * size, []
        for i in range((n + 3) // 4):
            bits = philox(i, (seed, generate), (0, batch))
            for u, angle in ((bits[0], bits[1]), (bits[2], bits[3])):
                r, a = math.sqrt(-2 * math.log((u + 1) / 2 ** 32)), 2 * math.pi * angle / 2 ** 32
                numbers += [r * math.cos(a), r * math.sin(a)]
        out += numbers[:n]
    return torch.tensor(out, dtype=torch.float32).reshape(count, size, 1, 1)


def scaling(path, channels):
    v = [float(x) for x in metadata(path)["scaling"].split()]
    return [torch.tensor(part, dtype=torch.float64).reshape(-1, 1, 1) for part in (v[:channels], v[3:3 + channels])]


def check(what, worst, bound):
    print("%s: worst %.3g, allowed %.3g: %s" % (what, worst, bound, "the same" if worst <= bound else "NOT THE SAME"))
    return worst <= bound


def check_images(net, path, folder, size, channels, seed):
    names = sorted(os.listdir(folder))
    with torch.inference_mode():
        made = net(latents(seed, len(names), size)).double()
    mean, deviation = scaling(path, channels)
    levels = (((made * deviation + mean)).clamp(0, 1) * 255)
    beyond = max(float((levels[i] - read_png(os.path.join(folder, n))).abs().max()) for i, n in enumerate(names)) - .5
    levels_of = 255 * float(deviation.max())  # one unit of the net's output, in levels of grey
    return check("%s: %d images, beyond rounding, in units of [-1, 1]" % (folder, len(names)), max(0, beyond) / levels_of, TOLERANCE)


def check_predictions(net, path, file, channels):
    mean, deviation = scaling(path, channels)
    with open(file, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    images = torch.stack([(read_png(r["path"]) / 255 - mean) / deviation for r in rows]).float()
    with torch.inference_mode():
        y = net(images).flatten(1)
        p = y.softmax(1) if y.shape[1] > 1 else torch.cat([1 - y.sigmoid(), y.sigmoid()], 1)
    columns = [k for k in rows[0] if k.startswith("p:")]
    said = torch.tensor([[float(r[k]) for k in columns] for r in rows])
    return check("%s: %d images, probabilities" % (file, len(rows)), float((p - said).abs().max()), TOLERANCE)


ANCHORS = torch.tensor([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]], dtype=torch.float64)


def paint(grey, heat):
    """What ballast/examples.h says, without the line: [3][h][w], 0..255."""
    factor = -(-112 // grey.shape[-1])
    large = F.interpolate(heat[None, None], scale_factor=factor, mode="bilinear", align_corners=False)[0, 0].double()
    at, grey = 4 * large, grey.repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    i = at.floor().clamp(0, 3).long()
    colour = ANCHORS[i] + (at - i)[..., None] * (ANCHORS[i + 1] - ANCHORS[i])
    return ((colour + grey[..., None]) / 2).permute(2, 0, 1)


def check_heatmaps(net, path, file, folder, channels):
    assert channels == 1, "colour images become grey before the heat is laid over them; not written here"
    mean, deviation = scaling(path, channels)
    with open(file, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    classes, worst, lines, pixels = [k[2:] for k in rows[0] if k.startswith("p:")], 0, 0, 0
    for r in rows:
        image = read_png(r["path"])
        x = ((image / 255 - mean) / deviation)[None].float()
        heat = gradcam(net, x, feature_map(net, x), classes.index(r["predicted"]))[0]
        said = read_png(os.path.join(folder, r["path"].lstrip("/")))
        line = (said == 255).all(0)
        beyond = ((paint(image[0], heat) - said).abs() - .5).clamp_min(0) / 255
        worst, lines, pixels = max(worst, float(beyond[:, ~line].max())), lines + int(line.sum()), pixels + line.numel()
    assert lines < pixels / 5, "too much is white"
    return check("%s: %d heat maps, beyond rounding" % (folder, len(rows)), worst, TOLERANCE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--images")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--predictions")
    parser.add_argument("--heatmaps")
    a = parser.parse_args()
    config = read_config(os.path.join(a.run, "config.ini"))
    data, good = config.get("data", []), True
    size, channels = int(value_of(data, "size", 64)), int(value_of(data, "channels", 3))
    seed = a.seed if a.seed is not None else int(value_of(config.get("run", []), "seed", 1))
    gans = os.path.join(a.run, "gan")
    for name in sorted(os.listdir(gans)) if os.path.isdir(gans) else []:
        latent, path = int(value_of(config["generator"], "latent", 100)), os.path.join(gans, name, "generator.safetensors")
        net = load(config["generator"], torch.zeros(1, latent, 1, 1), path)
        if a.images and os.path.isdir(os.path.join(a.images, name)):
            good &= check_images(net, path, os.path.join(a.images, name), latent, channels, seed)
    path = os.path.join(a.run, "classifier", "best.safetensors")
    if os.path.exists(path):
        net = load(config["classifier"], torch.zeros(1, channels, size, size), path)
        if a.predictions:
            good &= check_predictions(net, path, a.predictions, channels)
        if a.heatmaps:
            good &= check_heatmaps(net, path, a.predictions, a.heatmaps, channels)
    return 0 if good else 1


sys.exit(main())
