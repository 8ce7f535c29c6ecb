"""One training step of a benchmark net in PyTorch: configs/dcgan64.ini or configs/cnn64.ini, float32, Adam.

usage: torch_nets.py dcgan64|cnn64 THREADS BATCH STEPS [channels_last]
Prints images per second of the median step, after three that do not count."""
import sys
import time

import torch
from torch import nn

name, threads, batch, steps = sys.argv[1], *map(int, sys.argv[2:5])
layout = torch.channels_last if "channels_last" in sys.argv[5:] else torch.contiguous_format
torch.set_num_threads(threads)


def block(conv, *more):
    return [conv, nn.BatchNorm2d(conv.out_channels), *more]


def dcgan():
    widths = [512, 256, 128, 64]
    up = block(nn.ConvTranspose2d(100, widths[0], 4, bias=False), nn.ReLU(True))
    for i, o in zip(widths, widths[1:]):
        up += block(nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.ReLU(True))
    g = nn.Sequential(*up, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())
    down = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(.2, True)]
    for i, o in zip(widths[::-1], widths[::-1][1:]):
        down += block(nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.LeakyReLU(.2, True))
    d = nn.Sequential(*down, nn.Conv2d(512, 1, 4, bias=False), nn.Flatten(0))
    g, d = g.to(memory_format=layout), d.to(memory_format=layout)
    adam = [torch.optim.Adam(net.parameters(), 2e-4, (.5, .999)) for net in (g, d)]
    loss = nn.BCEWithLogitsLoss()
    real, one, zero = torch.randn(batch, 3, 64, 64).to(memory_format=layout), torch.ones(batch), torch.zeros(batch)

    def step():
        d.zero_grad()
        loss(d(real), one).backward()
        fake = g(torch.randn(batch, 100, 1, 1))
        loss(d(fake.detach()), zero).backward()
        adam[1].step()
        g.zero_grad()
        loss(d(fake), one).backward()
        adam[0].step()

    return step


def cnn():
    layers, i = [], 3
    for o in (32, 64, 128):
        for _ in range(2):
            layers += block(nn.Conv2d(i, o, 3, 1, 1, bias=False), nn.ReLU(True))
            i = o
        layers.append(nn.MaxPool2d(2))
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(.3), nn.Linear(128, 4))
    net = net.to(memory_format=layout)
    adam, loss = torch.optim.Adam(net.parameters(), 1e-3), nn.CrossEntropyLoss()
    x, y = torch.randn(batch, 3, 64, 64).to(memory_format=layout), torch.randint(4, (batch,))

    def step():
        adam.zero_grad()
        loss(net(x), y).backward()
        adam.step()

    return step


step, times = {"dcgan64": dcgan, "cnn64": cnn}[name](), []
for _ in range(3 + steps):
    begin = time.perf_counter()
    step()
    times.append(time.perf_counter() - begin)
print("%.1f" % (batch / sorted(times[3:])[steps // 2]))
