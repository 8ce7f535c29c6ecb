"""A roofline model of a training step, fitted on this device, checked on shapes that it was not fitted on, and turned
into predictions for GPUs by their data sheets. bench/model.md says what it is and what came out.

usage: PYTHON bench/model.py measure FILE     times the nets here, one JSON line each, into FILE (2 minutes)
       PYTHON bench/model.py check FILE       fits, and prints prediction beside measurement
       PYTHON bench/model.py predict FILE     step times for the listed GPUs from the shapes in FILE
BALLAST names the program (build/release/ballast). Needs Python 3 alone."""
import json
import os
import re
import subprocess
import sys
import tempfile

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ballast = os.environ.get("BALLAST", os.path.join(root, "build/release/ballast"))

# name, configuration, factor of its filters, settings. The first two are what the model is fitted on.
shapes = [
    ("dcgan64", "dcgan64", 1, []),
    ("cnn64", "cnn64", 1, []),
    ("dcgan64, batch 24", "dcgan64", 1, ["train.gan.batch=24"]),
    ("dcgan64, base 96", "dcgan64", 1.5, ["train.gan.batch=32"]),
    ("cnn64, batch 20", "cnn64", 1, ["train.classifier.batch=20"]),
    ("cnn64 at 96 px", "cnn64", 1, ["data.size=96", "train.classifier.batch=32"]),
    ("cnn64, base 64", "cnn64", 2, ["train.classifier.batch=32"]),
    ("resnet18, batch 32", "resnet18", 1, ["train.classifier.batch=32"]),
]
fitted = 2

# Data sheets: FP32 TFLOP/s, GB/s, last-level cache in MiB; microseconds of a launch are assumed.
gpus = [("RX 6600 XT", 10.6, 256, 32, 8), ("Arc A380", 4.2, 186, 6, 12), ("RTX 2060 SUPER", 7.2, 448, 4, 5)]
# Shares of them that the kernels of the GPU class reach, low and high: assumed, as there is no such device here.
assumed = {"many channels": (.35, .65), "few channels": (.1, .25), "memory": (.6, .85)}


def bench(config, settings):
    words = [ballast, "bench", config, "--json", "--quiet", "--steps", "7", "--peaks=off"]
    done = subprocess.run(words + [w for s in settings for w in ("--set", s)], capture_output=True, text=True, check=True)
    return next(o for o in map(json.loads, done.stdout.splitlines()) if "layers" in o)


def widened(config, factor, folder):
    """The configuration with other filters, but for the last of a generator and a discriminator."""
    out, text = [], open(os.path.join(root, "configs", config + ".ini")).read()
    for section in re.split(r"(?m)^(?=\[)", text):
        found = list(re.finditer(r"filters=(\d+)", section))
        last = found[-1].start() if found and not section.startswith("[classifier]") else -1
        out.append(re.sub(r"filters=(\d+)", lambda m: m.group() if m.start() == last else
                          "filters=%d" % (int(m.group(1)) * factor), section))
    path = os.path.join(folder, config + ".ini")
    with open(path, "w") as f:
        f.write("".join(out))
    return path


def measure(path):
    with tempfile.TemporaryDirectory() as folder, open(path, "w") as f:
        done = subprocess.run([ballast, "devices", "--measure", "--json"], capture_output=True, text=True, check=True)
        peak = next(o for o in map(json.loads, done.stdout.splitlines()) if "gemm_gflops" in o)
        peak = {"peak_gflops": max(peak["peak_gflops"], peak["gemm_gflops"]), "peak_gbps": peak["copy_gbps"],
                "gemm_gflops": peak["gemm_gflops"], "launch_us": peak["launch_us"]}
        for name, config, factor, settings in shapes:
            o = bench(widened(config, factor, folder), settings)
            o.update(peak, name=name)
            f.write(json.dumps(o) + "\n")
            print("%-22s %8.1f ms" % (name, o["step_ms"]), file=sys.stderr)


# ---- the model ----------------------------------------------------------------------------------------------------
# The time of a pass is a sum of costs, each an amount that follows from its shape times a factor of the device. The
# factors are found by least squares of relative errors, none below zero.


def costs(row, o):
    """{cost: amount}; amounts are milliseconds at the measured peak or bandwidth, so that factors are near one."""
    compute, moving = row["flops"] / o["peak_gflops"] * 1e-6, row["bytes"] / o["peak_gbps"] * 1e-6
    algorithm, part = row.get("algorithm", ""), "weights" if row["scope"].endswith("weights") else "data"
    if not row.get("channels"):
        return {"memory, out of the cache" if row["bytes"] > (16 << 20) * row["calls"] else "memory, in it": moving}
    if algorithm.startswith("winograd"):
        m, r = map(int, re.search(r"F\((\d+),(\d+)\)", algorithm).groups())
        floats = row["calls"] * row["weights"] * (m + r - 1) ** 2 / r ** 2
        return {"winograd F(%d,%d), %s, sums" % (m, r, part): compute,
                "winograd, transforms of the data": moving - 4e-6 * row["calls"] * row["weights"] / o["peak_gbps"],
                "winograd, transforms of the weights": 0 if part == "weights" else 4e-6 * floats / o["peak_gbps"]}
    if algorithm == "product":
        return {"memory, in it": moving}
    if row["channels"] >= 16:
        return {"direct, as the product": compute * o["peak_gflops"] / o["gemm_gflops"]}
    return {"few channels, " + part: compute}


def fit(measured):
    """{cost: factor}. One factor after the other is set to its best while the others stay, until none moves."""
    rows = [(costs(row, o), row["ms"]) for o in measured for row in o["layers"] if row["ms"] > .05 and row["bytes"] > 0]
    factors = {name: 1. for amounts, _ in rows for name in amounts}
    factors["direct, as the product"] = 1.
    for _ in range(3000):
        for name in factors:
            these = [(amounts, ms) for amounts, ms in rows if amounts.get(name)]
            if not these:
                continue
            rest = [(amounts[name] / ms, 1 - sum(factors[n] * a for n, a in amounts.items() if n != name) / ms)
                    for amounts, ms in these]
            factors[name] = max(0., sum(a * b for a, b in rest) / sum(a * a for a, _ in rest))
    return factors


def predict(o, factors):
    """Milliseconds of a step."""
    return o["launches"] * o["launch_us"] * 1e-3 + sum(factors[name] * amount for row in o["layers"]
                                                        for name, amount in costs(row, o).items())


def check(measured):
    factors = fit(measured[:fitted])
    print("| cost | factor |\n| --- | --- |")
    for name, factor in sorted(factors.items()):
        print("| %s | %.2f |" % (name, factor))
    print("\nPeak %.0f GFLOP/s, product %.0f, copy %.1f GB/s, a launch %.0f us, as measured before." %
          tuple(measured[0][key] for key in ("peak_gflops", "gemm_gflops", "peak_gbps", "launch_us")))
    print("\n| net | measured, ms | model, ms | error | |\n| --- | --- | --- | --- | --- |")
    for i, o in enumerate(measured):
        ms = predict(o, factors)
        print("| %s | %.1f | %.1f | %+.1f %% | %s |" % (o["name"], o["step_ms"], ms, 100 * (ms / o["step_ms"] - 1),
                                                   "fitted" if i < fitted else "not fitted"))


# ---- GPUs ---------------------------------------------------------------------------------------------------------


def on_gpu(o, gpu, end):
    """Each pass as its peak or its bandwidth allows, whichever is slower; end: 0 the low shares, 1 the high ones."""
    _, tflops, gbps, cache, launch = gpu
    total = o["launches"] * launch * 1e-3
    for row in o["layers"]:
        few = row.get("channels", 0) < 16
        compute = row["flops"] / (tflops * 1e9 * assumed["few channels" if few else "many channels"][end])
        near = row["bytes"] < row["calls"] * cache * 2 ** 20 / 2  # twice as fast from the cache
        moving = row["bytes"] / (gbps * (2 if near else 1) * 1e6 * assumed["memory"][end])
        total += max(compute, moving)
    return total


def predict_gpus(measured):
    print("| net, batch | " + " | ".join(gpu[0] for gpu in gpus) + " |\n| --- |" + " --- |" * len(gpus))
    for o in measured:
        cells = []
        for gpu in gpus:
            slow, fast = on_gpu(o, gpu, 0), on_gpu(o, gpu, 1)
            cells.append("%.0f to %.0f ms, %.0f to %.0f images/s" % (fast, slow, o["batch"] / slow * 1e3, o["batch"] / fast * 1e3))
        print("| %s, %d | %s |" % (o["name"].split(",")[0], o["batch"], " | ".join(cells)))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("measure", "check", "predict"):
        sys.exit(__doc__)
    if sys.argv[1] == "measure":
        return measure(sys.argv[2])
    with open(sys.argv[2]) as f:
        measured = [json.loads(line) for line in f]
    return check(measured) if sys.argv[1] == "check" else predict_gpus(measured)


main()
