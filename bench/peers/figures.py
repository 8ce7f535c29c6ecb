"""The figures that ballast is judged by, each beside its bar and its goal, as CSV on standard output.

usage: PYTHON bench/peers/figures.py [--rounds N] [--seconds N] [--only TEXT]
PYTHON has torch and numpy; BALLAST names the program (build/release/ballast). ballast and PyTorch work in turns on one
machine; a ratio is of the medians over the rounds. What would begin after --seconds is left out and says so."""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
ballast = os.path.abspath(os.environ.get("BALLAST", os.path.join(root, "build/release/ballast")))
cores = len(os.sched_getaffinity(0))
begun = time.time()
options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--rounds", type=int, default=3)
options.add_argument("--seconds", type=float, default=330)
options.add_argument("--only", default="", help="only parts whose name contains this")
options = options.parse_args()


def say(text):
    print("%4.0f s  %s" % (time.time() - begun, text), file=sys.stderr, flush=True)


def lines(*words, variables=None, cores=None):
    """What ballast WORDS --json prints, as objects."""
    limit = (lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])) if cores else None
    done = subprocess.run([ballast, *words, "--json", "--quiet"], cwd=root, capture_output=True, text=True,
                          env={**os.environ, **(variables or {})}, preexec_fn=limit)
    if done.returncode:
        raise RuntimeError("ballast %s: %s" % (" ".join(words), (done.stderr or done.stdout)[:300]))
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def step(net, *words, steps=2, **how):
    found = lines("bench", "configs/%s.ini" % net, "--steps", str(steps), "--peaks=off", *words, **how)
    return next(o for o in found if "layers" in o)


class Peer:
    def __init__(self, *words):
        self.process = subprocess.Popen([sys.executable, os.path.join(here, "torch_nets.py"), *map(str, words)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.version = self.process.stdout.readline().strip()

    def ask(self, *words):
        """Numbers, or None where the peer cannot."""
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("failed"):
            say("PyTorch, %s: %s" % (" ".join(map(str, words)), answer or "has ended"))
            return None
        return [float(word) for word in answer.split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


rows = []


def put(figure, value, bar, goal, detail="", most=False):
    """A figure that should be at least its bar and goal, or with most at most."""
    met = "" if value is None else "goal" if (value <= goal if most else value >= goal) else \
        "bar" if (value <= bar if most else value >= bar) else "no"
    rows.append([figure, "" if value is None else "%.3g" % value, ("<= " if most else ">= ") + str(bar), goal, met, detail])
    say("%s: %s (bar %s, goal %s) %s" % (figure, rows[-1][1] or "not measured", bar, goal, detail))


# ---- parts --------------------------------------------------------------------------------------------------------


def near_best(theirs, what, variant):
    """Whether this variant may yet be the best at something: one that is well behind costs time for nothing."""
    times = {v: min(them) for (kind, v), them in theirs.items() if kind == what and them}
    return variant in times and times[variant] <= 1.15 * min(times.values())


def beside(net, batch, bar, goal, use, use_name):
    """Training steps, and the net in use, in turns."""
    peer, ours, used, theirs = Peer(net, cores, batch), [], [], {}
    variants = ["channels_last", "plain", "compiled"]
    for turn in range(options.rounds):
        for variant in list(variants):
            for what in ("train", "infer") if use else ("train",):
                times = peer.ask(what, variant, 2)
                if times is None and variant in variants:
                    variants.remove(variant)
                theirs.setdefault((what, variant), []).extend(times or [])
        o = step(net)
        ours.append(o["images_per_second"])
        used.append(o["inference_images_per_second"])
        variants = [v for v in variants if any(near_best(theirs, what, v) for what in ("train", "infer"))]
        if late():
            say("%s: only %d rounds" % (net, turn + 1))
            break
    peer.close()
    rates = {key: batch / statistics.median(times) * 1e3 for key, times in theirs.items() if times}
    for what, mine, figure, a, b in (("train", ours, net + " training step over the best PyTorch", bar, goal),
                                     ("infer", used, use_name + " over PyTorch inference", *(use or (0, 0)))):
        peers = {variant: rate for (kind, variant), rate in rates.items() if kind == what}
        if peers:
            said = ", ".join("%s %.1f" % (variant, rate) for variant, rate in sorted(peers.items()))
            put(figure, statistics.median(mine) / max(peers.values()), a, b,
                "images/s: ballast %.1f, PyTorch %s" % (statistics.median(mine), said))


def kernels():
    measured = next(o for o in lines("devices", "--measure") if "peak_gflops" in o)
    found = [o for o in lines("bench", "--steps", "9", "--peaks=off") if "kernel" in o]
    peer, mine, theirs = Peer("product", cores), {}, {}
    for o in found:
        if o["group"] == "product":
            mine[o["kernel"]] = o["flops"] / o["ms_least"] * 1e-6  # the best of many, as the peers'
            theirs[o["kernel"]] = peer.ask("product", *o["kernel"].replace("product", "").split(" x "))
    peer.close()
    own = max(measured["peak_gflops"], measured["gemm_gflops"])
    peak = max([own] + [max(rates) for rates in theirs.values() if rates])
    peaks = "FMA peak %.0f GFLOP/s; own probe %.0f" % (peak, measured["peak_gflops"])
    for group, name, bar, goal in (("4x4 stride 2", "the heavy 4x4 stride 2 passes over the FMA peak", 1.2, 1.6),
                                   ("3x3", "3x3 stride 1 passes of 32 channels and more over the FMA peak", .9, 1.4),
                                   ("thin", "layers with 1 or 3 channels on one side over the FMA peak", .3, .5)):
        these = [o for o in found if o["group"] == group]
        put(name, sum(o["flops"] for o in these) / sum(o["ms"] for o in these) * 1e-6 / peak, bar, goal, peaks)
        least = min(these, key=lambda o: o["gflops"])
        put(name + ", the slowest", least["gflops"] / peak, bar, goal,
            "%s by %s: %.0f GFLOP/s" % (least["kernel"], least["algorithm"], least["gflops"]))
    for kernel, rates in theirs.items():
        if rates:
            put("own matrix " + kernel + " over MKL's or OpenBLAS'", mine[kernel] / max(rates), .95, 1.05,
                "GFLOP/s: own %.1f, MKL %.1f, OpenBLAS %.1f" % (mine[kernel], *rates))
    return measured


def steps(measured):
    """What a step is made of."""
    bound, busy = 0, 0
    for net in ("dcgan64", "cnn64"):
        o = step(net, steps=5)
        put(net + ": share of a step outside the convolutions and products", 1 - o["heavy_ms"] / o["step_ms"], .15, .10,
            "step %.0f ms, of them %.0f ms" % (o["step_ms"], o["heavy_ms"]), most=True)
        put(net + ": device memory over what must live", o["device_bytes"] / o["device_bytes_needed"], 1.4, 1.2,
            "MiB: %.0f, must live %.0f" % (o["device_bytes"] / 2**20, o["device_bytes_needed"] / 2**20), most=True)
        if net == "dcgan64":
            put("launches in a step of dcgan64", o["launches"], 120, 120, most=True)
        for layer in o["layers"]:
            if any(word in layer["scope"] for word in ("_norm", "relu", "tanh", "optimizer")) and "gbps" in layer:
                bound += layer["gbps"] * layer["ms"]
                busy += layer["ms"]
    put("batch norm, activations and Adam over the copy bandwidth", bound / busy / measured["copy_gbps"] if busy else None,
        .8, .95, "copy %.1f GB/s" % measured["copy_gbps"])


def first_step():
    with tempfile.TemporaryDirectory() as empty:
        variables = {"POCL_CACHE_DIR": os.path.join(empty, "pocl"), "XDG_CACHE_HOME": os.path.join(empty, "cache")}
        os.mkdir(variables["POCL_CACHE_DIR"])
        for name, bar, goal in (("cold", 10, 5), ("warm", 1, .5)):
            put("first step of dcgan64, %s cache, seconds" % name,
                step("dcgan64", steps=1, variables=variables)["first_step_ms"] * 1e-3, bar, goal, most=True)


def scale():
    for net, key in (("dcgan64", "train.gan.batch"), ("cnn64", "train.classifier.batch")):
        many, few, one = [], [], []
        for _ in range(min(options.rounds, 2)):
            many.append(step(net)["images_per_second"])
            few.append(step(net, "--set", key + "=8", steps=5)["images_per_second"])
            one.append(step(net, cores=1, variables={"POCL_MAX_PTHREAD_COUNT": "1"}, steps=1)["images_per_second"])
            if late():
                break
        many, few, one = (statistics.median(rates) for rates in (many, few, one))
        put(net + ": batch 8 over 64, images/s", few / many, .7, .85, "images/s: %.1f, %.1f" % (few, many))
        if cores == 2:
            put(net + ": 2 cores over 1", many / one, 1.85, 1.95, "images/s: %.1f, %.1f" % (many, one))


# ---- all ----------------------------------------------------------------------------------------------------------


def late():
    return time.time() - begun > options.seconds


def wanted(name):
    if options.only not in name:
        return False
    if late():
        say(name + ": left out, %.0f s are over" % options.seconds)
    return not late()


def main():
    device = next(o for o in lines("devices") if o.get("used"))
    commit = subprocess.run([ballast, "--version"], capture_output=True, text=True).stdout.split("(")[-1].split(")")[0]
    torch = subprocess.run([sys.executable, "-c", "import torch, numpy; print(torch.__version__, numpy.__version__)"],
                           capture_output=True, text=True).stdout.split()
    measured = None
    if wanted("kernels") or wanted("steps"):
        measured = kernels()
    if wanted("steps"):
        steps(measured)
    if wanted("first step"):
        first_step()
    if wanted("dcgan64"):
        beside("dcgan64", 64, 1.8, 2.5, (1.5, 2.5), "generate (the generator of dcgan64)")
    if wanted("cnn64"):
        beside("cnn64", 64, 1.6, 2.5, (1.5, 2.5), "predict (cnn64)")
    if wanted("scale"):
        scale()
    if wanted("resnet18"):
        beside("resnet18", 64, 1.3, 2, None, "predict (resnet18)")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow("figure,value,bar,goal,met,detail,device,cores,ballast commit,PyTorch,NumPy".split(","))
    for row in rows:
        out.writerow(row + ["%s, %s, driver %s" % (device["name"], device["platform"], device["driver"]), cores, commit, *torch])
    say("done")


main()
