"""Writes the trained weights as an OpenCLIP folder in half precision, and measures them as written. About 1 minute."""

import argparse
import json
import pathlib
import shutil
import statistics
import struct
import time

import torch

import bpe
import folders
from augment import MEAN, SIZE, STD
from dataset import Dataset, TextEncoder
from evaluate import Evaluator, names_by_text
from model import CONFIG, Clip

HEADER_ALIGNMENT = 8
TIMED_RUNS = 50


def write_safetensors(path, tensors):
    """Writes half-precision tensors, in the order of their names."""
    header = {"__metadata__": {"format": "pt"}}
    parts = []
    position = 0
    for name in sorted(tensors):
        data = tensors[name].contiguous().numpy().tobytes()
        end = position + len(data)
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [position, end]}
        parts.append(data)
        position = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % HEADER_ALIGNMENT)
    path.write_bytes(b"".join([struct.pack("<Q", len(encoded)), encoded, *parts]))


def read_safetensors(path):
    """Reads what write_safetensors wrote: {name: half-precision tensor}."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    start = 8 + length
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(bytearray(data[start + begin : start + end]), dtype=torch.float16)
            tensors[name] = values.view(entry["shape"])
    return tensors


def write_json(path, value, indent):
    path.write_text(json.dumps(value, indent=indent), "utf-8")


def write_configs(folder):
    """OpenCLIP's configuration and the tokenizer's."""
    # The heads' width is left out: 64 is OpenCLIP's default.
    vision = {key: CONFIG["vision_cfg"][key] for key in ("image_size", "layers", "width", "patch_size")}
    model = {"embed_dim": CONFIG["embed_dim"], "vision_cfg": vision, "text_cfg": CONFIG["text_cfg"]}
    preprocess = {"mean": MEAN, "std": STD}
    write_json(folder / "open_clip_config.json", {"model_cfg": model, "preprocess_cfg": preprocess}, indent=2)
    tokens = {"bos_token": bpe.START, "eos_token": bpe.END, "unk_token": bpe.END, "pad_token": bpe.END}
    write_json(folder / "special_tokens_map.json", tokens, indent=1)
    tokenizer = {
        "model_max_length": CONFIG["text_cfg"]["context_length"],
        "tokenizer_class": "CLIPTokenizer",
        "do_lower_case": True,
    }
    write_json(folder / "tokenizer_config.json", tokenizer, indent=1)


def read_model(folder):
    model = Clip()
    model.load_state_dict({k: v.float() for k, v in read_safetensors(folder / "open_clip_model.safetensors").items()})
    return model


@torch.no_grad()
def milliseconds_per_picture(model):
    """The median time of the picture tower for one prepared picture, with PyTorch and one thread."""
    torch.set_num_threads(1)
    picture = torch.zeros(1, 3, SIZE, SIZE)
    times = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        model.encode_image(picture)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def measure(folder):
    """Measures the weights and the vocabulary of a folder, and writes its accuracy.json."""
    model = read_model(folder)
    names = names_by_text(model, TextEncoder(folder))
    accuracy = Evaluator(model.encode_image, names, Dataset()).measure()
    accuracy["milliseconds_per_picture_on_one_core"] = round(milliseconds_per_picture(model), 2)
    write_json(folder / "accuracy.json", accuracy, indent=1)
    print(json.dumps(accuracy, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where to write the model")
    parser.add_argument("--measure-only", action="store_true", help="measure a folder that is there already")
    arguments = parser.parse_args()
    folder = arguments.folder

    if not arguments.measure_only:
        folder.mkdir(parents=True, exist_ok=True)
        state = torch.load(folders.OUT / "clip.pt")
        write_safetensors(folder / "open_clip_model.safetensors", {name: t.half() for name, t in state.items()})
        write_configs(folder)
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(folders.VOCABULARY / name, folder)
    measure(folder)


if __name__ == "__main__":
    main()
