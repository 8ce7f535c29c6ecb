#!/usr/bin/env python3
"""Prints what SciPy finds for the rows of tests/eval/decision.c: temperature, offsets, softmax regression, each as the
least of its loss in ballast/decision.h and ballast/regression.h. Made with SciPy 1.17.1."""
import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp

ROWS, CLASSES, WIDTH = 90, 3, 4


def whole(i, k, salt):
    return (i * 7919 + k * 104729 + (i + salt) * (i + 3) * (k + 1) * 31 + salt * 17) % 1009 / 1009


i, k = np.arange(ROWS)[:, None], np.arange(CLASSES)[None, :]
label = np.where(np.arange(ROWS) % 9 < 6, 0, np.where(np.arange(ROWS) % 9 < 8, 1, 2))
logit = 6 * whole(i, k, 5) + 2.5 * (label[:, None] == k) + np.array([1.5, 0, -1.])
logp = log_softmax(logit, 1)
weight = 1 / np.bincount(label)[label]

t = minimize(lambda v: -log_softmax(logp * np.exp(v[0]), 1)[np.arange(ROWS), label].sum() + (np.exp(v[0]) - 1) ** 2 / 2, [0.], tol=1e-12)
print(f"temperature {np.exp(-t.x[0]):.8f}")
b = minimize(lambda v: -(weight * log_softmax(logp + v, 1)[np.arange(ROWS), label]).sum() + .01 / 2 * (v ** 2).sum(), np.zeros(CLASSES), tol=1e-12)
print("offsets", ", ".join(f"{v:.6f}" for v in b.x))

x = np.array(whole(i, np.arange(WIDTH)[None, :], 9), np.float32).astype(float) + (label[:, None] == np.arange(WIDTH)[None, :])
x = x.astype(np.float32).astype(float)
z = (x - x.mean(0)) / x.std(0)
for ridge in (.1, .001):
    def loss(v):
        w, c = v[:WIDTH * CLASSES].reshape(WIDTH, CLASSES), v[WIDTH * CLASSES:]
        return -(weight / CLASSES * log_softmax(z @ w + c, 1)[np.arange(ROWS), label]).sum() + ridge / 2 * (w ** 2).sum()
    f = minimize(loss, np.zeros(WIDTH * CLASSES + CLASSES), tol=1e-12, options={"maxiter": 5000})
    w, c = f.x[:WIDTH * CLASSES].reshape(WIDTH, CLASSES), f.x[WIDTH * CLASSES:]
    p = log_softmax(z @ w + c, 1)
    print(f"regression {ridge}: loss {-(weight / CLASSES * p[np.arange(ROWS), label]).sum():.8f} recall {(weight / CLASSES * (p.argmax(1) == label)).sum():.8f} p0 " + ", ".join(f"{v:.6f}" for v in np.exp(p[0])))
