"""How hard the phantoms are: the balanced accuracy on the test part of a plain CNN (three convolutions of 32, 64 and 128
filters, each with batch norm, ReLU and max pool; average; dense), trained by Adam on plain cross-entropy without
augmentation, split 8:1:1 by group, the epoch chosen by validation balanced accuracy.

usage: phantom_difficulty.py BALLAST xray|skin SCALE SEED [SIZE [EPOCHS]]      needs torch, numpy, pillow"""
import pathlib, re, subprocess, sys, tempfile, time
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from PIL import Image

BALLAST, KIND, SCALE, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SIZE = int(sys.argv[5]) if len(sys.argv) > 5 else 64
EPOCHS = int(sys.argv[6]) if len(sys.argv) > 6 else max(4, 30 // SCALE)
BATCH = 32 if SCALE == 1 else 64
torch.manual_seed(SEED)
torch.set_num_threads(2)


def load():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BALLAST, "phantom", "--kind", KIND, "--scale", str(SCALE), "--seed", str(SEED),
                        "--size", str(SIZE), "--out", folder, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        files = sorted(pathlib.Path(folder).glob("*/*.png"))
        classes = sorted({f.parent.name for f in files})
        images = np.stack([np.asarray(Image.open(f)).reshape(SIZE, SIZE, -1) for f in files])
    labels = np.array([classes.index(f.parent.name) for f in files])
    return images, labels, [re.match("[a-z]+[0-9]+", f.name)[0] for f in files], classes


def split(labels, groups):
    """0 train, 1 validation, 2 test; whole groups, each class in these shares."""
    part, order = np.zeros(len(labels), int), np.random.RandomState(SEED)
    for c in np.unique(labels):
        members = {}
        for i in np.flatnonzero(labels == c): members.setdefault(groups[i], []).append(i)
        placed, total = 0, sum(labels == c)
        for name in order.permutation(sorted(members)):
            part[members[name]] = 2 if placed < .1 * total else 1 if placed < .2 * total else 0
            placed += len(members[name])
    return part


def tensor(i):
    return torch.from_numpy(images[i]).permute(0, 3, 1, 2).float().div(127.5).sub(1)


@torch.inference_mode()
def recalls(which):
    net.eval()
    found = np.concatenate([net(tensor(b)).argmax(1).numpy() for b in np.array_split(which, len(which) // 256 + 1)])
    return [float((found[labels[which] == c] == c).mean()) for c in range(len(classes))]


images, labels, groups, classes = load()
part, layers, width = split(labels, groups), [], images.shape[3]
for filters in (32, 64, 128):
    layers += [nn.Conv2d(width, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(True), nn.MaxPool2d(2)]
    width = filters
net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, len(classes)))
net = net.to(memory_format=torch.channels_last)
train, validation, test = (np.flatnonzero(part == p) for p in range(3))
steps = EPOCHS * (len(train) // BATCH)
adam = torch.optim.Adam(net.parameters(), 1e-3)
rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
best, result, start = -1, None, time.time()
for epoch in range(EPOCHS):
    net.train()
    order = np.random.RandomState(1000 * SEED + epoch).permutation(train)
    for b in range(0, len(order) - BATCH + 1, BATCH):
        adam.zero_grad()
        i = order[b:b + BATCH]
        with torch.autocast("cpu", torch.bfloat16, enabled=SCALE > 1):  # several times as fast
            loss = F.cross_entropy(net(tensor(i)), torch.from_numpy(labels[i]))
        loss.backward()
        adam.step()
        rate.step()
    score = np.mean(recalls(validation))
    if score >= best: best, result = score, recalls(test)
print(f"{KIND} scale {SCALE} seed {SEED} {SIZE} px, {len(train)} + {len(validation)} + {len(test)} images, {EPOCHS} epochs,",
      f"{time.time() - start:.0f} s: balanced accuracy {np.mean(result):.3f}",
      *(f"{c} {r:.2f}" for c, r in zip(classes, result)))
