"""Make gradcam16.safetensors: two small nets (gradcam.ini), images, and their Grad-CAM maps by PyTorch's gradients.

usage: make_gradcam.py [FOLDER]    (needs torch; writes here by default)

Per net: its state_dict, and maps [image][class][16][16] of the layer that ballast takes by default; of `several` also of the layer
called middle. The weights are float32, the maps are computed in double. Norms have running statistics that are not those of
the images. Prints how far the same in float32 is off."""
import os
import sys

import torch
import torch.nn as nn

import _safetensors
from _nets import Net, gradcam, read_config

IMAGES, SIZE, CHANNELS = 3, 16, 2
NETS = {"several": {"map": 13, "middle": 5}, "single": {"map": 4}}  # numbers of layers


def maps(net, x, layer):
    classes = max(2, net(x).flatten(1).shape[1])
    return torch.stack([gradcam(net, x, layer, k) for k in range(classes)], 1)


def trained_a_little(net):
    """Statistics and scales that a training would leave, not those of a first net."""
    net.train()
    for m in net.modules():
        if isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
            nn.init.normal_(m.weight, 1, .3)
            nn.init.normal_(m.bias, 0, .3)
    for _ in range(5):
        net(torch.randn(8, CHANNELS, SIZE, SIZE) * 1.5 + .3)
    return net.eval()


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    torch.set_num_threads(1)
    torch.manual_seed(2)
    config = read_config(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gradcam.ini"))
    images = torch.randn(IMAGES, CHANNELS, SIZE, SIZE)
    out = {"images": images}
    for name, layers in NETS.items():
        net = trained_a_little(Net(config[name], torch.zeros(1, CHANNELS, SIZE, SIZE)))
        out.update({"%s.%s" % (name, k): v.clone() for k, v in net.state_dict().items()})
        single = {k: maps(net, images, layer) for k, layer in layers.items()}
        net.double()
        for k, layer in layers.items():
            exact = maps(net, images.double(), layer)
            out["%s.%s" % (name, k)] = exact.float()
            print("%s.%s: float32 is off by %.1e; %d of %d maps are empty" %
                  (name, k, float((single[k] - exact).abs().max()), int((exact.amax((2, 3)) == 0).sum()), exact[:, :, 0, 0].numel()))
    _safetensors.save(out, os.path.join(folder, "gradcam16.safetensors"))


main()
