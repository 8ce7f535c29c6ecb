#!/usr/bin/env python3
"""Prints what numpy says of the features of tests/eval/quality.c: KID, FID, precision, recall, density, coverage. Run
with numpy installed; formulas as in ballast/quality.h. Made with numpy 2.4.6."""
import numpy as np


def features(count, width, side):
    """Whole numbers below 1009, so that they are the same here and in C."""
    i, k = np.arange(count)[:, None], np.arange(width)[None, :]
    return ((i * 7919 + k * 104729 + (i + side) * (i + 3) * (k + 1) * 31 + side * 17) % 1009 / np.float32(1009)).astype(np.float32).astype(float)


def kid(x, y):
    k = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    off = lambda m: (m.sum() - np.trace(m)) / (len(m) * (len(m) - 1))
    mmd = lambda a, b: off(k(a, a)) + off(k(b, b)) - 2 * k(a, b).mean()
    left_x = [mmd(np.delete(x, i, 0), y) for i in range(len(x))]
    left_y = [mmd(x, np.delete(y, i, 0)) for i in range(len(y))]
    spread = lambda v: (len(v) - 1) * np.var(v)
    return mmd(x, y), np.sqrt(spread(left_x) + spread(left_y))


def fid(x, y):
    s1, s2 = np.cov(x.T), np.cov(y.T)
    roots = np.sqrt(np.maximum(np.linalg.eigvals(s1 @ s2).real, 0))
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * roots.sum()


def prdc(x, y, k):
    d = lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(2))
    radius = lambda a: np.sort(d(a, a), 1)[:, k]
    rx, ry, xy = radius(x), radius(y), d(x, y)
    return ((xy < rx[:, None]).any(0).mean(), (xy < ry[None]).any(1).mean(),
            (xy < rx[:, None]).sum() / (k * len(y)), (xy.min(1) < rx).mean())


for n, m, width, scale, shift in ((60, 45, 12, .8, .25), (40, 70, 20, 1.25, -.125), (15, 12, 30, 1.25, -.125)):
    x, y = features(n, width, 0), features(m, width, 1) * scale + shift
    y = y.astype(np.float32).astype(float)
    print(f"{{{n}, {m}, {width}, {scale}, {shift}, " + ", ".join(f"{float(v):.12g}" for v in (*kid(x, y), fid(x, y), *prdc(x, y, 3))) + "},")
