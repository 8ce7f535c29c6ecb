"""Make the golden files: ten training steps of a small DCGAN and of a small CNN in PyTorch, with first weights, inputs, losses.

usage: make_golden.py [FOLDER]    (needs torch; writes dcgan16.safetensors and cnn16.safetensors, here by default)

The nets are written in ballast's terms in torch.c, which loads these files and must reproduce the losses. Steps and their
order are those of pytorch/examples' DCGAN: D on real images, D on generated ones, D's step, then G through the new D. `losses` are
float32's, `exact` are those of the same run in double. Prints how far the two are apart: what any float32 run may be off."""
import copy
import os
import sys

import torch
import torch.nn as nn

import _safetensors

STEPS, BATCH, POOL, LATENT = 10, 8, 24, 8


class Net(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def generator():
    return Net(nn.ConvTranspose2d(LATENT, 16, 4, 1, 0, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
               nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
               nn.ConvTranspose2d(8, 1, 4, 2, 1, bias=False), nn.Tanh())


def discriminator():
    return Net(nn.Conv2d(1, 8, 4, 2, 1, bias=False), nn.LeakyReLU(.2),
               nn.Conv2d(8, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.LeakyReLU(.2),
               nn.Conv2d(16, 1, 4, 1, 0, bias=False))


def classifier():
    return Net(nn.Conv2d(2, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
               nn.Conv2d(8, 12, 3, 1, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
               nn.Flatten(), nn.Linear(12, 4))


def dcgan_weights(m):
    if "Conv" in type(m).__name__:
        nn.init.normal_(m.weight, 0, .02)
    elif "BatchNorm" in type(m).__name__:
        nn.init.normal_(m.weight, 1, .02)
        nn.init.zeros_(m.bias)


def batch(pool, step):
    return pool[[(step * BATCH + i) % POOL for i in range(BATCH)]]


def train_gan(g, d, images, latents):
    opt_d = torch.optim.Adam(d.parameters(), 2e-4, (.5, .999))
    opt_g = torch.optim.Adam(g.parameters(), 2e-4, (.5, .999))
    loss, losses = nn.BCEWithLogitsLoss(), []
    one, zero = torch.ones(BATCH, dtype=images.dtype), torch.zeros(BATCH, dtype=images.dtype)
    for t in range(STEPS):
        d.zero_grad()
        real = loss(d(batch(images, t)).view(-1), one)
        real.backward()
        fakes = g(latents[t])
        fake = loss(d(fakes.detach()).view(-1), zero)
        fake.backward()
        opt_d.step()
        g.zero_grad()
        made = loss(d(fakes).view(-1), one)
        made.backward()
        opt_g.step()
        losses.append([real.item(), fake.item(), made.item()])
    return torch.tensor(losses, dtype=torch.float64)


def train_cnn(net, images, labels):
    adam, loss, losses = torch.optim.Adam(net.parameters(), 1e-3), nn.CrossEntropyLoss(), []
    for t in range(STEPS):
        adam.zero_grad()
        value = loss(net(batch(images, t)), batch(labels, t))
        value.backward()
        adam.step()
        losses.append([value.item()])
    return torch.tensor(losses, dtype=torch.float64)


def both(train, nets, *inputs):
    """The losses in float32, and in double from the same weights."""
    double = [x.double() if x.is_floating_point() else x for x in inputs]
    exact = train(*[copy.deepcopy(n).double() for n in nets], *double)
    losses = train(*nets, *inputs)
    print("apart by %.1e in the first step, %.1e in the tenth, relative" %
          tuple(float(((losses - exact).abs() / exact.abs())[t].max()) for t in (0, STEPS - 1)))
    return losses.float(), exact.float()


def named(prefix, net):
    return {prefix + k: v.clone() for k, v in net.state_dict().items()}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    torch.set_num_threads(1)
    torch.manual_seed(1)
    g, d = generator().apply(dcgan_weights), discriminator().apply(dcgan_weights)
    images, latents = torch.rand(POOL, 1, 16, 16) * 2 - 1, torch.randn(STEPS, BATCH, LATENT, 1, 1)
    out = {**named("generator.", g), **named("discriminator.", d), "images": images, "latents": latents.flatten(2)}
    out["losses"], out["exact"] = both(train_gan, [g, d], images, latents)
    _safetensors.save(out, os.path.join(folder, "dcgan16.safetensors"))

    net, labels = classifier(), torch.randint(4, (POOL,))
    images = torch.randn(POOL, 2, 16, 16) + torch.linspace(-1, 1, 4)[labels].view(-1, 1, 1, 1)
    out = {**named("classifier.", net), "images": images, "labels": labels}
    out["losses"], out["exact"] = both(train_cnn, [net], images, labels)
    _safetensors.save(out, os.path.join(folder, "cnn16.safetensors"))


main()
