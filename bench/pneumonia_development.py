#!/usr/bin/env python3
"""PneumoniaMNIST without its test part, for choices: its validation part becomes the test part, a tenth of its training
part the validation part. bench/techniques-pneumonia.ini compares techniques on it.

usage: bench/pneumonia_development.py pneumoniamnist.npz OUT.npz [--shifted]
--shifted: the test part is three copies of the validation part, each image zoomed and shifted a little and with another
exposure, contrast, brightness, blur or noise: as from another hospital. Needs numpy, and for --shifted Pillow."""
import sys

import numpy as np


def shifted(images, rng):
    from PIL import Image, ImageFilter

    out = []
    for image in np.concatenate([images] * 3).astype(np.float32) / 255:
        kind = rng.integers(6)
        if kind == 0:
            image = image ** np.exp(rng.uniform(-0.6, 0.6))
        if kind == 1:
            image = (image - image.mean()) * rng.uniform(0.5, 1.6) + image.mean()
        if kind == 2:
            image = image + rng.uniform(-0.2, 0.2)
        if kind == 4:
            image = image + rng.normal(0, rng.uniform(0.01, 0.06), image.shape)
        picture = Image.fromarray((image.clip(0, 1) * 255).astype(np.uint8))
        if kind == 3:
            picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.0)))
        side = picture.width / rng.uniform(0.85, 1.15)
        x, y = picture.width / 2 + rng.uniform(-2, 2, 2)
        box = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        out.append(np.asarray(picture.transform(picture.size, Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)))
    return np.stack(out)


def main(source, target, flag=None):
    given, rng = np.load(source), np.random.default_rng(11)
    images, labels = given["train_images"], given["train_labels"]
    order = rng.permutation(len(images))
    parts = {"val": np.sort(order[: len(order) // 10]), "train": np.sort(order[len(order) // 10 :])}
    made = {}
    for part, rows in parts.items():
        made[part + "_images"], made[part + "_labels"] = images[rows], labels[rows]
    made["test_images"], made["test_labels"] = given["val_images"], given["val_labels"]
    if flag == "--shifted":
        made["test_images"] = shifted(given["val_images"], np.random.default_rng(7))
        made["test_labels"] = np.concatenate([given["val_labels"]] * 3)
    np.savez_compressed(target, **made)


if len(sys.argv) not in (3, 4) or (len(sys.argv) == 4 and sys.argv[3] != "--shifted"):
    sys.exit(__doc__)
main(*sys.argv[1:])
