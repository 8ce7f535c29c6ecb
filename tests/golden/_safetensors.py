"""A safetensors file as a dict of torch tensors and back: by the safetensors package where it is installed, else by hand."""
import json
import struct

import torch

TYPES = {"F32": torch.float32, "I64": torch.int64}


def save(tensors, path):
    header, data = {}, b""
    for name, t in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        raw = t.detach().contiguous().numpy().tobytes()
        dtype = next(k for k, v in TYPES.items() if v == t.dtype)
        header[name] = {"dtype": dtype, "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def load(path):
    try:
        from safetensors.torch import load_file
        return load_file(path)
    except ImportError:
        pass
    with open(path, "rb") as f:
        raw = f.read()
    size = struct.unpack("<Q", raw[:8])[0]
    header, data, out = json.loads(raw[8:8 + size]), raw[8 + size:], {}
    for name, e in header.items():
        if name != "__metadata__":
            begin, end = e["data_offsets"]
            out[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=TYPES[e["dtype"]]).reshape(e["shape"]).clone()
    return out
