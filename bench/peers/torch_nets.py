"""The benchmark nets in PyTorch, float32, Adam: configs/dcgan64.ini, cnn64.ini, resnet18.ini; and matrix products.

usage: torch_nets.py dcgan64|cnn64|resnet18 THREADS BATCH [fp32|tf32|mixed], or torch_nets.py product THREADS
With a precision the nets run on CUDA: mixed is float16 under autocast, with TF32 and loss scaling.
Reads commands, one a line, and answers each with one line:
    train VARIANT N   milliseconds of N training steps; VARIANT: plain, channels_last or compiled (with channels_last)
    infer VARIANT N   milliseconds of N batches through the generator or classifier, running statistics
    product M N K     GFLOP/s by PyTorch (MKL) and NumPy (OpenBLAS), the best of many
A net is made, and two steps are taken that do not count, when it is first asked for. "failed: ..." says why not."""
import os
import sys
import time

threads = int(sys.argv[2])
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)

import numpy
import torch
from torch import nn

torch.set_num_threads(threads)
cuda = sys.argv[4] if len(sys.argv) > 4 else ""
scaler = torch.amp.GradScaler("cuda", enabled=cuda == "mixed")
wait = torch.cuda.synchronize if cuda else lambda: None
if cuda:
    torch.set_default_device("cuda")
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = cuda != "fp32"


def block(conv, *more):
    return [conv, nn.BatchNorm2d(conv.out_channels), *more]


def conv3(i, o, stride=1):
    return nn.Conv2d(i, o, 3, stride, 1, bias=False)


def dcgan():
    widths = [512, 256, 128, 64]
    up = block(nn.ConvTranspose2d(100, widths[0], 4, bias=False), nn.ReLU(True))
    for i, o in zip(widths, widths[1:]):
        up += block(nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.ReLU(True))
    g = nn.Sequential(*up, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())
    down = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(.2, True)]
    for i, o in zip(widths[::-1], widths[::-1][1:]):
        down += block(nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.LeakyReLU(.2, True))
    return g, nn.Sequential(*down, nn.Conv2d(512, 1, 4, bias=False), nn.Flatten(0))


def cnn():
    layers, i = [], 3
    for o in (32, 64, 128):
        for _ in range(2):
            layers += block(conv3(i, o), nn.ReLU(True))
            i = o
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(.3), nn.Linear(128, 4))


class Residual(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.long = nn.Sequential(*block(conv3(i, o, stride), nn.ReLU(True)), *block(conv3(o, o)))
        self.short = nn.Sequential() if i == o else nn.Sequential(*block(nn.Conv2d(i, o, 1, stride, bias=False)))
        self.relu = nn.ReLU(True)

    def forward(self, x):
        return self.relu(self.long(x) + self.short(x))


def resnet():
    layers, i = block(conv3(3, 64), nn.ReLU(True)) + [nn.MaxPool2d(2)], 64
    for o in (64, 128, 256, 512):
        layers += [Residual(i, o, 1 if i == o else 2), Residual(o, o, 1)]
        i = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 4))


def prepare(net, variant):
    net = net if variant == "plain" else net.to(memory_format=torch.channels_last)
    return torch.compile(net) if variant == "compiled" else net


def images(batch, variant):
    x = torch.randn(batch, 3, 64, 64)
    return x if variant == "plain" else x.to(memory_format=torch.channels_last)


def autocast():
    return torch.autocast("cuda", torch.float16, enabled=cuda == "mixed")


def gan_work(batch, variant):
    g, d = (prepare(net, variant) for net in dcgan())
    adam = [torch.optim.Adam(net.parameters(), 2e-4, (.5, .999)) for net in (g, d)]
    loss = nn.BCEWithLogitsLoss()
    real, one, zero = images(batch, variant), torch.ones(batch), torch.zeros(batch)

    def back(images, target):
        with autocast():
            value = loss(d(images), target)
        scaler.scale(value).backward()

    def train():
        d.zero_grad()
        back(real, one)
        with autocast():
            fake = g(torch.randn(batch, 100, 1, 1))
        back(fake.detach(), zero)
        scaler.step(adam[1])
        g.zero_grad()
        back(fake, one)
        scaler.step(adam[0])
        scaler.update()

    return g, train, lambda: g(torch.randn(batch, 100, 1, 1))


def classifier_work(make, batch, variant):
    net = prepare(make(), variant)
    adam, loss = torch.optim.Adam(net.parameters(), 1e-3), nn.CrossEntropyLoss()
    x, y = images(batch, variant), torch.randint(4, (batch,))

    def train():
        adam.zero_grad()
        with autocast():
            value = loss(net(x), y)
        scaler.scale(value).backward()
        scaler.step(adam)
        scaler.update()

    return net, train, lambda: net(x)


def milliseconds(work, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        work()
        wait()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


made, warm = {}, set()


def run(what, variant, count):
    name, batch = sys.argv[1], int(sys.argv[3])
    if variant not in made:
        torch.manual_seed(1)
        made[variant] = (gan_work(batch, variant) if name == "dcgan64" else
                         classifier_work({"cnn64": cnn, "resnet18": resnet}[name], batch, variant))
    net, train, use = made[variant]
    net.train(what == "train")
    with torch.inference_mode(what == "infer"):
        if (what, variant) not in warm:
            milliseconds(train if what == "train" else use, 2)
            warm.add((what, variant))
        return " ".join("%.3f" % t for t in milliseconds(train if what == "train" else use, count))


def product(m, n, k):
    a, b = numpy.random.rand(m, k).astype(numpy.float32), numpy.random.rand(k, n).astype(numpy.float32)
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)
    best = [min(milliseconds(work, 25)) for work in (lambda: ta @ tb, lambda: a @ b)]
    return " ".join("%.2f" % (2e-6 * m * n * k / t) for t in best)


print(torch.__version__, flush=True)
for line in sys.stdin:
    what, *words = line.split()
    try:
        answer = product(*map(int, words)) if what == "product" else run(what, words[0], int(words[1]))
    except Exception as fault:  # whatever a compiler or an allocator says
        answer = "failed: " + " ".join(str(fault).split())[:200]
    print(answer, flush=True)
