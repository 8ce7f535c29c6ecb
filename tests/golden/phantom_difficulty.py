"""How hard the phantoms are: the balanced accuracy on the test part of a plain CNN (that of configs/cnn64.ini), trained by
Adam on plain cross-entropy without augmentation, split 8:1:1 by group, the epoch chosen by validation balanced accuracy.
The second figure is of 150 more images a class, each of another patient or lesion and none seen before.

usage: phantom_difficulty.py BALLAST xray|skin SCALE SEED SIZE EPOCHS         needs torch, numpy, pillow"""
import pathlib, re, subprocess, sys, tempfile, time
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from PIL import Image

BALLAST, KIND, (SCALE, SEED, SIZE, EPOCHS) = sys.argv[1], sys.argv[2], map(int, sys.argv[3:7])
BATCH = 32 if SCALE == 1 else 64
torch.manual_seed(SEED)


def load(scale, seed, most=None):
    """Images, labels, groups, names of classes; with `most`, that many a class and one a group."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BALLAST, "phantom", "--kind", KIND, "--scale", str(scale), "--seed", str(seed),
                        "--size", str(SIZE), "--out", folder, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        classes = sorted(c.name for c in pathlib.Path(folder).iterdir())
        files = [f for c in classes for f in sorted(pathlib.Path(folder, c).glob("*-1.png" if most else "*.png"))[:most]]
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


def logits(x):
    x = torch.from_numpy(x).permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):  # several times as fast
        return net(x)


@torch.inference_mode()
def recalls(images, labels):
    net.eval()
    found = np.concatenate([logits(b).argmax(1).numpy() for b in np.array_split(images, len(images) // 256 + 1)])
    return [float((found[labels == c] == c).mean()) for c in range(len(classes))]


images, labels, groups, classes = load(SCALE, SEED)
fresh = load(5, SEED + 1000, 150)[:2]
part, layers, width = split(labels, groups), [], images.shape[3]
for filters in (32, 64, 128):
    for _ in range(2):
        layers += [nn.Conv2d(width, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(True)]
        width = filters
    layers.append(nn.MaxPool2d(2))
net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(.3), nn.Linear(width, len(classes)))
net = net.to(memory_format=torch.channels_last)
train, validation, test = (np.flatnonzero(part == p) for p in range(3))
steps = EPOCHS * (len(train) // BATCH)
adam = torch.optim.Adam(net.parameters(), 1e-3)
rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
best, start = -1, time.time()
for epoch in range(EPOCHS):
    net.train()
    order = np.random.RandomState(1000 * SEED + epoch).permutation(train)
    for b in range(0, len(order) - BATCH + 1, BATCH):
        adam.zero_grad()
        i = order[b:b + BATCH]
        F.cross_entropy(logits(images[i]).float(), torch.from_numpy(labels[i])).backward()
        adam.step()
        rate.step()
    score = np.mean(recalls(images[validation], labels[validation]))
    if score >= best: best, result, more = score, recalls(images[test], labels[test]), recalls(*fresh)
print(f"{KIND} scale {SCALE} seed {SEED} {SIZE} px, {len(train)} + {len(validation)} + {len(test)} images,",
      f"{EPOCHS} epochs, {time.time() - start:.0f} s: balanced accuracy {np.mean(result):.3f}, more {np.mean(more):.3f};",
      *(f"{c} {r:.2f}" for c, r in zip(classes, result)))
