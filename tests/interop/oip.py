"""The Open Inference Protocol, checked with Triton's client and its perf_analyzer.

Prints `ok - NAME` or `not ok - NAME` for each check. What is not installed is left out.
"""

import argparse
import base64
import json
import pathlib
import queue
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
import urllib.request

import server_process

WAIT_SECONDS = 60
TEXTS = ["a red bicycle", ""]
LABELS = ["dog", "cat", "guitar"]
REQUESTS = 100

failed = 0


def check(name, function, *arguments):
    """One line for a check, with its error where it fails."""
    global failed
    try:
        function(*arguments)
        print(f"ok - {name}", flush=True)
    except Exception:  # A check may fail in any way; the others still run.
        for line in traceback.format_exc().splitlines():
            print(f"# {line}")
        print(f"not ok - {name}", flush=True)
        failed += 1


def embed(server, inputs):
    """The bytes of the embeddings that `/v1/embeddings` has, which are those of the gRPC call Embed."""
    request = urllib.request.Request(
        server.http_url("/v1/embeddings"), json.dumps({"input": inputs, "encoding_format": "base64"}).encode())
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as response:
        return [base64.b64decode(item["embedding"]) for item in json.load(response)["data"]]


class Clients:
    """The checks with tritonclient, over gRPC or HTTP: both have the same names."""

    def __init__(self, module, url, server, image):
        import numpy

        self.numpy, self.module, self.server, self.image = numpy, module, server, image
        self.client = module.InferenceServerClient(url)

    def tensor(self, name, values, shape=None):
        array = self.numpy.array(values, dtype=object).reshape(shape or [len(values)])
        tensor = self.module.InferInput(name, list(array.shape), "BYTES")
        tensor.set_data_from_numpy(array)
        return tensor

    def describe(self):
        client = self.client
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready("demo") and client.is_model_ready("demo", "1")
        assert not client.is_model_ready("nope")
        for description in (
            client.get_server_metadata(), client.get_model_metadata("demo"), client.get_model_config("demo"),
            client.get_inference_statistics("demo"), client.get_model_repository_index(),
        ):
            assert description

    def infer(self):
        image = embed(self.server, ["data:image/png;base64," + base64.b64encode(self.image).decode()])[0]
        result = self.client.infer("demo", [self.tensor("images", [self.image], [1, 1])], request_id="42")
        assert result.as_numpy("image_embeds").tobytes() == image
        for text in TEXTS:
            result = self.client.infer("demo", [self.tensor("texts", [text.encode()])])
            assert result.as_numpy("text_embeds").tobytes() == embed(self.server, [text])[0]

    def frames(self):
        pixels = self.numpy.arange(2 * 5 * 7 * 3, dtype=self.numpy.uint8).reshape([2, 5, 7, 3])
        tensor = self.module.InferInput("frames", list(pixels.shape), "UINT8")
        tensor.set_data_from_numpy(pixels)
        assert self.client.infer("demo", [tensor]).as_numpy("image_embeds").shape == (2, 128)

    def classify(self):
        inputs = [
            self.tensor("images", [self.image]), self.tensor("labels", [label.encode() for label in LABELS]),
            self.tensor("templates", [b"a photo of a {}"]),
        ]
        result = self.client.infer("demo", inputs)
        probabilities = result.as_numpy("probs")[0]
        assert abs(probabilities.sum() - 1) < 1e-5 and probabilities.argmax() == 0
        assert result.as_numpy("logits_per_image").shape == (1, len(LABELS))
        best = self.module.InferRequestedOutput("probs", class_count=2)
        first = self.client.infer("demo", inputs, outputs=[best]).as_numpy("probs")[0][0].decode()
        assert first.split(":")[1:] == ["0", "dog"], first

    def halves(self):
        result = self.client.infer(
            "demo", [self.tensor("texts", [b"a dog"])], parameters={"embed_dtype": "FP16", "normalize": False})
        assert result.as_numpy("text_embeds").dtype == self.numpy.float16

    def errors(self):
        from tritonclient.utils import InferenceServerException

        texts = [self.tensor("texts", [b"a"])]
        for model, inputs, part in (
            ("nope", texts, "Request for unknown model: 'nope' is not found"),
            ("demo", [self.tensor("nope", [b"a"])], "is not an input"),
            ("demo", [self.tensor("images", [b"a"])], "images[0]"),
        ):
            try:
                self.client.infer(model, inputs)
                raise AssertionError(part)
            except InferenceServerException as error:
                assert part in str(error), error

    def repository(self):
        from tritonclient.utils import InferenceServerException

        try:
            self.client.unload_model("demo")
            raise AssertionError("anonymous callers must not unload models")
        except InferenceServerException as error:
            assert "models:write" in str(error), error

    def http_only(self):
        inputs = [self.tensor("texts", [b"a dog"])]
        plain = self.client.infer("demo", inputs).as_numpy("text_embeds").tobytes()
        in_json = self.module.InferRequestedOutput("text_embeds", binary_data=False)
        assert self.client.infer("demo", inputs, outputs=[in_json]).as_numpy("text_embeds").tobytes() == plain
        for algorithm in ("gzip", "deflate"):
            result = self.client.infer(
                "demo", inputs, request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
            assert result.as_numpy("text_embeds").tobytes() == plain

    def stream(self):
        responses = queue.Queue()
        self.client.start_stream(callback=lambda result, error: responses.put((result, error)))
        for number in range(8):
            model = "nope" if number == 3 else "demo"
            self.client.async_stream_infer(
                model, [self.tensor("texts", [f"number {number}".encode()])], request_id=str(number))
        for number in range(8):
            result, error = responses.get(timeout=WAIT_SECONDS)
            if number == 3:
                assert "nope" in str(error)
            else:
                assert error is None and result.get_response().id == str(number)
        self.client.stop_stream()

    def run(self, kind, further):
        for method in (
            self.describe, self.infer, self.frames, self.classify, self.halves, self.errors, self.repository, *further,
        ):
            check(f"oip: tritonclient.{kind}: {method.__name__}", method)


def run_clients(server, image):
    try:
        import tritonclient.grpc
        import tritonclient.http
    except ImportError:
        print("# oip: without tritonclient")
        return

    clients = Clients(tritonclient.grpc, server.grpc_address, server, image)
    clients.run("grpc", [clients.stream])
    clients = Clients(tritonclient.http, f"127.0.0.1:{server.http_port}", server, image)
    clients.run("http", [clients.http_only])


def analyze(server, data, protocol, options):
    address = server.grpc_address if protocol == "grpc" else f"127.0.0.1:{server.http_port}"
    command = ["perf_analyzer", "-m", "demo", "-i", protocol, "-u", address, "--input-data", data]
    command += ["--concurrency-range", "4", "--request-count", str(REQUESTS), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    output = run.stdout + run.stderr
    assert run.returncode == 0, output
    assert f"Request count: {REQUESTS}" in output, output

    # Of the server's own statistics it reads the first when requests are under way already.
    counted = re.search(r"Successful request count: (\d+)", output)
    assert counted and 0 < int(counted[1]) <= REQUESTS, output
    assert "error" not in output.lower(), output


def run_perf_analyzer(server, image, folder):
    if shutil.which("perf_analyzer") is None:
        print("# oip: without perf_analyzer")
        return

    # As in raw contents: an element after its length.
    element = base64.b64encode(struct.pack("<I", len(image)) + image).decode()
    files = {}
    for name, step in (("images", {"images": {"b64": element}}), ("texts", {"texts": [TEXTS[0]]})):
        files[name] = folder / f"{name}.json"
        files[name].write_text(json.dumps({"data": [step]}), "utf-8")
    for protocol in ("grpc", "http"):
        for name, options in (("images", []), ("texts", ["-b", "8"]), ("images", ["--async"])):
            kind = " ".join([name, *options])
            check(f"oip: perf_analyzer over {protocol}: {kind}", analyze, server, files[name], protocol, options)
    check(
        "oip: perf_analyzer over grpc: a stream", analyze, server, files["texts"], "grpc", ["--streaming", "--async"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the repository, built with -c Release")
    root = parser.parse_args().root
    image = (root / "samples" / "dog.png").read_bytes()
    with server_process.ServerProcess(root) as server, tempfile.TemporaryDirectory() as folder:
        try:
            server.wait_ready()
        except AssertionError as error:
            print(server.output())
            print(f"not ok - oip: the server starts: {error}")
            return 1
        run_clients(server, image)
        run_perf_analyzer(server, image, pathlib.Path(folder))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
