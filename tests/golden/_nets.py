"""A section of a configuration as a PyTorch module, with the names of ballast's checkpoints."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def read_config(path):
    """{section: [(key, value)]}, in order."""
    sections, current = {}, None
    with open(path, encoding="utf-8-sig") as f:
        for line in f:
            line = line.split(" ;")[0].strip()
            if line.startswith("["):
                current = sections.setdefault(line[1:line.index("]")], [])
            elif line and line[0] not in ";#":
                key, value = line.split("=", 1)
                current.append((key.strip(), value.strip()))
    return sections


def value_of(section, key, default):
    return next((v for k, v in section if k == key), default)


class Add(nn.Module):
    def forward(self, *x):
        return sum(x[1:], x[0])


class Concat(nn.Module):
    def forward(self, *x):
        return torch.cat(x, 1)


class Reshape(nn.Module):
    def __init__(self, h, w, c):
        super().__init__()
        self.shape = (c, h, w)

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)


class LayerNorm(nn.LayerNorm):
    """Over the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


def make_layer(name, o, channels):
    """The module of a line `layer = name options`; channels: of its (first) input."""
    def number(key, default=None):
        return type(default or 0)(float(o.get(key, default)))

    def flag(key):
        return o.get(key, "on") in ("on", "true", "yes", "1")

    if name in ("conv", "deconv"):
        k = number("kernel", 3)
        size = (number("kernel_h", 0) or k, number("kernel_w", 0) or k)
        args = {"stride": number("stride", 1), "padding": number("pad", 0), "dilation": number("dilation", 1),
                "groups": number("groups", 1), "bias": flag("bias")}
        if name == "conv":
            return nn.Conv2d(channels, number("filters"), size, **args)
        return nn.ConvTranspose2d(channels, number("filters"), size, output_padding=number("output_pad", 0), **args)
    if name in ("max_pool", "avg_pool"):
        k = number("kernel")
        window = {"kernel_size": k, "stride": number("stride", 0) or k, "padding": number("pad", 0)}
        if name == "max_pool":
            return nn.MaxPool2d(**window)
        return nn.AvgPool2d(count_include_pad=flag("count_include_pad"), **window)
    if name == "upsample":
        bilinear = o.get("mode") == "bilinear"
        return nn.Upsample(scale_factor=number("factor", 2), mode="bilinear" if bilinear else "nearest",
                           align_corners=False if bilinear else None)
    return {
        "dense": lambda: nn.Linear(channels, number("units"), flag("bias")),
        "batch_norm": lambda: nn.BatchNorm2d(channels, number("eps", 1e-5), number("momentum", .1), flag("affine")),
        "group_norm": lambda: nn.GroupNorm(number("groups", 1), channels, number("eps", 1e-5), flag("affine")),
        "layer_norm": lambda: LayerNorm(channels, number("eps", 1e-5), flag("affine")),
        "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU, "silu": nn.SiLU,
        "leaky_relu": lambda: nn.LeakyReLU(number("slope", .2)),
        "global_avg_pool": lambda: nn.AdaptiveAvgPool2d(1),
        "dropout": lambda: nn.Dropout(number("rate", .5)),
        "flatten": nn.Flatten,
        "reshape": lambda: Reshape(number("h", 1), number("w", 1), number("c")),
        "add": Add, "concat": Concat,
    }[name]()


class Net(nn.Module):
    """A chain of layers called main.0, main.1, ...; `as` and `from` as in the configuration."""

    def __init__(self, section, example):
        super().__init__()
        self.main, self.names, self.inputs = nn.Sequential(), ["input"], []
        values = [example]
        for line in (v for k, v in section if k == "layer"):
            words = line.split()
            options = dict(w.split("=", 1) for w in words[1:])
            self.inputs.append([len(values) - 1] + [self.find(n) for n in options.get("from", "").split(",") if n])
            x = [values[i] for i in self.inputs[-1]]
            vector = x[0].dim() == 2
            if vector and words[0] in ("conv", "deconv", "batch_norm", "global_avg_pool") or x[0].dim() == 4 and words[0] == "dense":
                x[0] = x[0].flatten(1) if words[0] == "dense" else x[0][:, :, None, None]
            self.main.append(make_layer(words[0], options, x[0].shape[1]))
            self.names.append(options.get("as"))
            values.append(self.main[-1].eval()(*x))
        self.eval()

    def find(self, name):
        return len(self.names) - 1 - self.names[::-1].index(name)

    def forward(self, x):
        return self.values(x)[-1]

    def values(self, x):
        """The input and every layer's output."""
        values = [x]
        for layer, inputs in zip(self.main, self.inputs):
            given = [values[i] for i in inputs]
            if isinstance(layer, nn.Linear):
                given[0] = given[0].flatten(1)
            elif given[0].dim() == 2 and isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d)):
                given[0] = given[0][:, :, None, None]
            values.append(layer(*given))
        return values


def gradcam(net, x, layer, label):
    """Grad-CAM (arXiv:1610.02391) of a layer's output, by PyTorch's gradients: [n][h][w] of the image, 0 to 1."""
    values = net.values(x)
    y = values[-1].flatten(1)
    z = y[:, label] if y.shape[1] > 1 else y[:, 0] * (1 if label else -1)
    a = values[layer + 1]
    g, = torch.autograd.grad(z.sum(), a)  # images do not meet outside training
    heat = torch.relu((g.mean((2, 3), keepdim=True) * a).sum(1, keepdim=True))
    heat = heat / heat.amax((2, 3), keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
    return F.interpolate(heat, x.shape[2:], mode="bilinear", align_corners=False)[:, 0].detach()


def feature_map(net, x):
    """The layer that ballast takes by default: see bal_net_feature_map."""
    def places(i):
        return tuple(shapes[i][2:]) if len(shapes[i]) == 4 else (1, 1)

    shapes, last = [v.shape for v in net.values(x)[1:]], -1
    if places(len(shapes) - 1) != (1, 1):
        return -1
    for i, layer in enumerate(net.main[:-1]):
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and places(i) != (1, 1):
            last = i
    while last >= 0 and last + 2 < len(shapes) and places(last + 1) == places(last):
        last += 1
    return last
