"""Reading and writing the safetensors file format: header length, JSON header, raw little-endian data.

Written by hand because it is twenty lines and the package is not everywhere. Also our own convention on top: a matrix
in 8-bit rows has one float32 scale a row in `<name>.scales` (engine/model/weight-source.ts reads the same).
Does not know: models. Source: format description of huggingface/safetensors (README, "Format").
"""
import json

import numpy as np

TYPES = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4"), "I8": np.dtype("i1")}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def write_safetensors(path, arrays):
    """`arrays`: name to float16, float32 or int8 array, written in the order given."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, array in arrays.items():
        size = array.nbytes
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)                                 # the data starts aligned
    with open(path, "wb") as f:
        f.write(len(head).to_bytes(8, "little") + head)
        for array in arrays.values():
            f.write(np.ascontiguousarray(array).tobytes())


def read_safetensors(path):
    """Name to array, as stored."""
    with open(path, "rb") as f:
        blob = f.read()
    size = int.from_bytes(blob[:8], "little")
    header, arrays = json.loads(blob[8:8 + size]), {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = blob[8 + size + begin:8 + size + end]
        arrays[name] = np.frombuffer(raw, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def quantised(matrix):
    """int8 rows and one float32 scale each; the largest number of a row becomes 127."""
    scales = np.abs(matrix).max(1) / 127
    safe = np.where(scales == 0, 1, scales)
    return np.clip(np.round(matrix / safe[:, None]), -127, 127).astype(np.int8), scales.astype(np.float32)


def dequantised(arrays):
    """What `read_safetensors` gave as float32, matrices in 8-bit rows multiplied by their scales."""
    plain = {}
    for name, array in arrays.items():
        if name.endswith(".scales"):
            continue
        plain[name] = array.astype(np.float32)
        if array.dtype == np.int8:
            plain[name] *= arrays[name + ".scales"][:, None]
    return plain
