"""Load a run's nets in PyTorch with strict=True and compare what they make with what ballast wrote.

usage: load_in_pytorch.py RUN [--images DIR --seed N] [--predictions FILE.csv]

DIR: what `ballast generate RUN --class C --out DIR` wrote, in a folder for each class; PNGs hold 8 bits, so a pixel must be the
rounding of something within 1e-4 (of images in [-1, 1]) of PyTorch's. FILE: what `ballast predict RUN PATH --out FILE` wrote for
images of the run's own size; probabilities must be within 1e-4. Needs torch. Exit 0: all loaded and the same."""
import argparse
import csv
import json
import math
import os
import struct
import sys
import zlib

import torch
import torch.nn as nn

import _safetensors

TOLERANCE = 1e-4

# ---- nets from the run's config.ini ---------------------------------------------------------------------------------


def read_config(path):
    """{section: [(key, value)]}, in order."""
    sections, current = {}, None
    with open(path, encoding="utf-8-sig") as f:
        for line in f:
            line = line.split(" ;")[0].strip()
            if line.startswith("["):
                current = sections.setdefault(line[1:line.index("]")], [])
            elif line and line[0] not in ";#":
                key, value = line.split("=", 1)
                current.append((key.strip(), value.strip()))
    return sections


def value_of(section, key, default):
    return next((v for k, v in section if k == key), default)


class Add(nn.Module):
    def forward(self, *x):
        return sum(x[1:], x[0])


class Concat(nn.Module):
    def forward(self, *x):
        return torch.cat(x, 1)


class Reshape(nn.Module):
    def __init__(self, h, w, c):
        super().__init__()
        self.shape = (c, h, w)

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)


class LayerNorm(nn.LayerNorm):
    """Over the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


def make_layer(name, o, channels):
    """The module of a line `layer = name options`; channels: of its (first) input."""
    def number(key, default=None):
        return type(default or 0)(float(o.get(key, default)))

    def flag(key):
        return o.get(key, "on") in ("on", "true", "yes", "1")

    if name in ("conv", "deconv"):
        k = number("kernel", 3)
        size = (number("kernel_h", 0) or k, number("kernel_w", 0) or k)
        args = {"stride": number("stride", 1), "padding": number("pad", 0), "dilation": number("dilation", 1),
                "groups": number("groups", 1), "bias": flag("bias")}
        if name == "conv":
            return nn.Conv2d(channels, number("filters"), size, **args)
        return nn.ConvTranspose2d(channels, number("filters"), size, output_padding=number("output_pad", 0), **args)
    if name in ("max_pool", "avg_pool"):
        k = number("kernel")
        window = {"kernel_size": k, "stride": number("stride", 0) or k, "padding": number("pad", 0)}
        if name == "max_pool":
            return nn.MaxPool2d(**window)
        return nn.AvgPool2d(count_include_pad=flag("count_include_pad"), **window)
    if name == "upsample":
        bilinear = o.get("mode") == "bilinear"
        return nn.Upsample(scale_factor=number("factor", 2), mode="bilinear" if bilinear else "nearest",
                           align_corners=False if bilinear else None)
    return {
        "dense": lambda: nn.Linear(channels, number("units"), flag("bias")),
        "batch_norm": lambda: nn.BatchNorm2d(channels, number("eps", 1e-5), number("momentum", .1), flag("affine")),
        "group_norm": lambda: nn.GroupNorm(number("groups", 1), channels, number("eps", 1e-5), flag("affine")),
        "layer_norm": lambda: LayerNorm(channels, number("eps", 1e-5), flag("affine")),
        "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU, "silu": nn.SiLU,
        "leaky_relu": lambda: nn.LeakyReLU(number("slope", .2)),
        "global_avg_pool": lambda: nn.AdaptiveAvgPool2d(1),
        "dropout": lambda: nn.Dropout(number("rate", .5)),
        "flatten": nn.Flatten,
        "reshape": lambda: Reshape(number("h", 1), number("w", 1), number("c")),
        "add": Add, "concat": Concat,
    }[name]()


class Net(nn.Module):
    """A chain of layers called main.0, main.1, ...; `as` and `from` as in the configuration."""

    def __init__(self, section, example):
        super().__init__()
        self.main, self.names, self.inputs = nn.Sequential(), ["input"], []
        values = [example]
        for line in (v for k, v in section if k == "layer"):
            words = line.split()
            options = dict(w.split("=", 1) for w in words[1:])
            self.inputs.append([len(values) - 1] + [self.find(n) for n in options.get("from", "").split(",") if n])
            x = [values[i] for i in self.inputs[-1]]
            vector = x[0].dim() == 2
            if vector and words[0] in ("conv", "deconv", "batch_norm", "global_avg_pool") or x[0].dim() == 4 and words[0] == "dense":
                x[0] = x[0].flatten(1) if words[0] == "dense" else x[0][:, :, None, None]
            self.main.append(make_layer(words[0], options, x[0].shape[1]))
            self.names.append(options.get("as"))
            values.append(self.main[-1].eval()(*x))
        self.eval()

    def find(self, name):
        return len(self.names) - 1 - self.names[::-1].index(name)

    def forward(self, x):
        values = [x]
        for layer, inputs in zip(self.main, self.inputs):
            given = [values[i] for i in inputs]
            if isinstance(layer, nn.Linear):
                given[0] = given[0].flatten(1)
            elif given[0].dim() == 2 and isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d)):
                given[0] = given[0][:, :, None, None]
            values.append(layer(*given))
        return values[-1]


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--images")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--predictions")
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
    return 0 if good else 1


sys.exit(main())
