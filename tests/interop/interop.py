"""Checks the server from outside: another language, reflection only, and embeddings recomputed from the weights.

Prints `ok - NAME` or `not ok - NAME: WHY` for each check. Exit code 0 when all are ok, 1 when some are not.
"""

import argparse
import pathlib
import sys
import traceback

import grpc
import numpy as np
from PIL import Image

from clip_reference import Clip, softmax
from reflection_client import ReflectionClient
from server_process import ServerProcess, http_status

CLIP = "clipgrpc.v1.ClipService"
MODELS = "clipgrpc.v1.ModelService"
HEALTH = "grpc.health.v1.Health"
METHODS = {
    CLIP: {"Embed", "EmbedStream", "Classify", "ClassifyStream", "CreateLabelSet", "Rank"},
    MODELS: {"ListModels", "GetModel", "LoadModel", "UnloadModel"},
}

EMBEDDING_TOLERANCE = 1e-4
PROBABILITY_TOLERANCE = 1e-3
CALL_TIMEOUT_SECONDS = 60
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT.value[0]

LABELS = ["cat", "dog", "banana", "guitar", "rocket", "a cup of coffee"]
TEMPLATES = ["a picture of a {}", "a drawing of a {}", "a photo of a {}"]
TEXTS = [
    "a photo of a cat",
    "  An  EMOJI of\ta dog ",
    "Zürich ☕ 123, o'clock!",
    "naïve café & 日本語",
    "",
    " ".join(["a red fire engine"] * 40),
]


class Interop:
    """The checks. Every public `check_*` method is one; its docstring is its name."""

    def __init__(self, server, root):
        self.server = server
        self.client = ReflectionClient(server.grpc_address, CALL_TIMEOUT_SECONDS)
        self.reference = Clip(root / "models" / "demo")
        paths = sorted((root / "samples").iterdir())
        self.paths = [path for path in paths if path.suffix in (".jpg", ".png", ".webp")]
        self.files = [path.read_bytes() for path in self.paths]
        self.images = [Image.open(path) for path in self.paths]
        self.image_vectors = self.reference.embed_images(self.images)
        self.text_vectors = self.reference.embed_texts(TEXTS)
        self.label_vectors = self.reference.embed_labels(LABELS, TEMPLATES)

    # Messages -------------------------------------------------------------------------------------------------------

    def new(self, name, **fields):
        return self.client.message(f"clipgrpc.v1.{name}", **fields)

    def image(self, data):
        return self.new("Image", encoded=data)

    def image_input(self, data):
        return self.new("Input", image=self.image(data))

    def text_input(self, text):
        return self.new("Input", text=text)

    def label_set(self):
        return self.new("LabelSet", labels=LABELS, templates=TEMPLATES)

    def embed(self, inputs, **options):
        request = self.new("EmbedRequest", inputs=inputs, options=self.new("EmbedOptions", **options))
        return self.client.call(CLIP, "Embed", request)

    # Checks ---------------------------------------------------------------------------------------------------------

    def check_http(self):
        """/healthz and /metrics answer"""
        for path in ("/healthz", "/metrics"):
            expect_equal(http_status(self.server.http_url(path)), 200, path)

    def check_reflection(self):
        """reflection tells the whole contract"""
        services = self.client.list_services()
        for service in (*METHODS, HEALTH):
            expect(service in services, f"{service} is not among {services}")
            self.client.learn(service)
        for service, methods in METHODS.items():
            expect_equal(set(self.client.service(service).methods_by_name), methods, service)

    def check_health(self):
        """health says SERVING, of the server and of its services"""
        for service in ("", *METHODS):
            request = self.client.message("grpc.health.v1.HealthCheckRequest", service=service)
            reply = self.client.call(HEALTH, "Check", request)
            expect_equal(reply.status, 1, f"health of '{service}'")

    def check_list_models(self):
        """ListModels shows the demo model as its files describe it"""
        reply = self.client.call(MODELS, "ListModels", self.new("ListModelsRequest"))
        model = reply.models[0]
        config = self.reference.model
        expect(model.is_default, "the first model is not the default")
        expect_equal(model.state, 2, "state")
        expect_equal(model.architecture.embedding_dimensions, config["embed_dim"], "dimensions")
        expect_equal(model.architecture.image_size, config["vision_cfg"]["image_size"], "image size")
        expect_equal(model.architecture.context_length, config["text_cfg"]["context_length"], "context")
        expect_close(model.logit_scale / self.reference.logit_scale, 1, 1e-5, "logit scale")
        expect(reply.limits.max_inputs >= 1, "limits are missing")

    def check_embed_images(self):
        """Embed gives the reference's embeddings of the samples"""
        reply = self.embed([self.image_input(data) for data in self.files])
        expect_equal(len(reply.results), len(self.files), "results")
        expect(reply.model.name and reply.model.revision, "the reply does not name its model")
        for path, result, wanted in zip(self.paths, reply.results, self.image_vectors):
            expect_close(vector(result), wanted, EMBEDDING_TOLERANCE, path.name)

    def check_embed_texts(self):
        """Embed gives the reference's embeddings of texts, and counts their tokens"""
        reply = self.embed([self.text_input(text) for text in TEXTS])
        expect_equal(len(reply.results), len(TEXTS), "results")
        for text, result, wanted in zip(TEXTS, reply.results, self.text_vectors):
            tokens = len(self.reference.tokenizer.tokens(text))
            expect_equal(result.token_count, tokens, f"tokens of '{text[:30]}'")
            expect_equal(result.truncated, tokens > self.reference.tokenizer.context_length, "truncated")
            expect_close(vector(result), wanted, EMBEDDING_TOLERANCE, f"'{text[:30]}'")

    def check_embed_half_precision(self):
        """Embed with FLOAT16 gives the same vectors in half precision"""
        reply = self.embed([self.image_input(self.files[0])], encoding=2)
        values = np.frombuffer(reply.results[0].embedding.values_float16, "<f2")
        expect_close(values, self.image_vectors[0], 1e-3, "half precision")

    def check_bad_neighbour(self):
        """a broken image is refused alone, and its neighbours are answered"""
        broken = self.files[0][: len(self.files[0]) // 20]
        inputs = [self.image_input(self.files[0]), self.image_input(b"not an image"), self.image_input(broken)]
        reply = self.embed([*inputs, self.text_input(TEXTS[0])])
        outcomes = [result.WhichOneof("outcome") for result in reply.results]
        expect_equal(outcomes, ["embedding", "error", "error", "embedding"], "outcomes")
        for result in reply.results[1:3]:
            expect_equal(result.error.code, INVALID_ARGUMENT, "code")
            expect(result.error.message, "the error says nothing")
        expect_close(vector(reply.results[3]), self.text_vectors[0], EMBEDDING_TOLERANCE, "neighbour")

    def check_classify(self):
        """Classify gives the reference's cosines and probabilities"""
        request = self.new(
            "ClassifyRequest", images=[self.image(data) for data in self.files], label_set=self.label_set(),
            top_k=1_000  # all of them
        )
        reply = self.client.call(CLIP, "Classify", request)
        expect_equal(len(reply.results), len(self.files), "results")
        for path, result, wanted in zip(self.paths, reply.results, self.image_vectors):
            self.expect_predictions(result.predictions, wanted, path.name)

    def check_label_set(self):
        """a label set made by CreateLabelSet classifies as its labels do, and top_k cuts"""
        request = self.new("CreateLabelSetRequest", label_set=self.label_set())
        made = self.client.call(CLIP, "CreateLabelSet", request)
        again = self.client.call(CLIP, "CreateLabelSet", request)
        expect_equal(again.id, made.id, "id of the same set")
        expect_equal((made.label_count, made.template_count), (len(LABELS), len(TEMPLATES)), "counts")
        request = self.new(
            "ClassifyRequest", images=[self.image(self.files[0])], label_set_id=made.id, top_k=2
        )
        (result,) = self.client.call(CLIP, "Classify", request).results
        expect_equal(len(result.predictions), 2, "predictions")
        self.expect_predictions(result.predictions, self.image_vectors[0], "by id")

    def check_rank(self):
        """Rank orders images for a text as the reference does"""
        request = self.new(
            "RankRequest",
            query=self.text_input(TEXTS[0]),
            candidates=[self.image_input(data) for data in self.files],
        )
        reply = self.client.call(CLIP, "Rank", request)
        cosines = self.image_vectors @ self.text_vectors[0]
        probabilities = softmax(self.reference.logit_scale * cosines)
        expect_equal(sorted(c.index for c in reply.ranked), list(range(len(self.files))), "indices")
        expect_descending([c.cosine for c in reply.ranked])
        for candidate in reply.ranked:
            expect_close(candidate.cosine, cosines[candidate.index], EMBEDDING_TOLERANCE, "cosine")
            expect_close(candidate.probability, probabilities[candidate.index], PROBABILITY_TOLERANCE, "probability")

    def check_embed_stream(self):
        """EmbedStream answers every id with its own embedding"""
        wanted = {}
        messages = [self.new("EmbedStreamRequest", config=self.new("EmbedStreamConfig"))]
        for path, data, row in zip(self.paths, self.files, self.image_vectors):
            messages.append(self.new("EmbedStreamRequest", id=path.name, input=self.image_input(data)))
            wanted[path.name] = row
        for number, (text, row) in enumerate(zip(TEXTS, self.text_vectors)):
            messages.append(self.new("EmbedStreamRequest", id=f"text {number}", input=self.text_input(text)))
            wanted[f"text {number}"] = row
        replies = self.client.call(CLIP, "EmbedStream", messages)
        expect_equal(sorted(reply.id for reply in replies), sorted(wanted), "ids")
        for reply in replies:
            expect_close(vector(reply.result), wanted[reply.id], EMBEDDING_TOLERANCE, reply.id)

    def check_classify_stream(self):
        """ClassifyStream answers raw frames in their order"""
        messages = [
            self.new(
                "ClassifyStreamRequest",
                config=self.new("ClassifyStreamConfig", label_set=self.label_set(), drop_policy=1, top_k=1_000),
            )
        ]
        for number, image in enumerate(self.images):
            rgb = image.convert("RGB")
            raw = self.new("RawImage", width=rgb.width, height=rgb.height, format=1, data=rgb.tobytes())
            frame = self.new("Frame", frame_id=number, timestamp_us=40_000 * number, image=self.new("Image", raw=raw))
            messages.append(self.new("ClassifyStreamRequest", frame=frame))
        replies = self.client.call(CLIP, "ClassifyStream", messages)
        expect_equal([reply.frame_id for reply in replies], list(range(len(self.images))), "frames")
        for path, reply, wanted in zip(self.paths, replies, self.image_vectors):
            expect(not reply.dropped, f"{path.name} was dropped")
            self.expect_predictions(reply.predictions, wanted, path.name)

    def check_errors(self):
        """an unknown model is NOT_FOUND and an empty request INVALID_ARGUMENT, both in words"""
        unknown = self.new("EmbedRequest", model="no-such-model", inputs=[self.text_input("cat")])
        for request, code in (
            (unknown, grpc.StatusCode.NOT_FOUND),
            (self.new("EmbedRequest"), grpc.StatusCode.INVALID_ARGUMENT),
        ):
            try:
                self.client.call(CLIP, "Embed", request)
            except grpc.RpcError as error:
                expect_equal(error.code(), code, "status")
                expect(error.details(), "the status says nothing")
            else:
                raise AssertionError(f"the call succeeded, expected {code}")

    def check_stop(self):
        """the server stops when it is asked to"""
        self.client.close()
        expect(self.server.stop(), "it had to be killed")

    # Expectations ---------------------------------------------------------------------------------------------------

    def expect_predictions(self, predictions, image_vector, what):
        """Compares predictions with the reference's for one image."""
        expect(predictions, f"{what}: no predictions")
        cosines = self.label_vectors @ image_vector
        probabilities = softmax(self.reference.logit_scale * cosines)
        expect_descending([prediction.probability for prediction in predictions])
        best = max(probabilities)
        expect_close(predictions[0].probability, best, PROBABILITY_TOLERANCE, f"{what}: best probability")
        for prediction in predictions:
            expect_equal(prediction.label, LABELS[prediction.index], f"{what}: label")
            expect_close(prediction.cosine, cosines[prediction.index], EMBEDDING_TOLERANCE, f"{what}: cosine")
            expect_close(
                prediction.probability,
                probabilities[prediction.index],
                PROBABILITY_TOLERANCE,
                f"{what}: probability",
            )


def vector(result):
    """The float32 embedding of a result, or the result's error as an exception."""
    expect(result.HasField("embedding"), f"error {result.error.code}: {result.error.message}")
    return np.array(result.embedding.values)


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_equal(actual, wanted, what):
    expect(actual == wanted, f"{what}: {actual!r}, expected {wanted!r}")


def expect_close(actual, wanted, tolerance, what):
    actual, wanted = np.asarray(actual, np.float64), np.asarray(wanted, np.float64)
    expect_equal(actual.shape, wanted.shape, f"{what}: shape")
    difference = float(np.max(np.abs(actual - wanted)))
    expect(difference <= tolerance, f"{what}: differs by {difference:.2e}, allowed are {tolerance:.0e}")


def expect_descending(values):
    expect(all(a >= b for a, b in zip(values, values[1:])), f"not in descending order: {values}")


def run(name, check):
    """Runs one check, prints its line and returns whether it is ok."""
    try:
        check()
    except grpc.RpcError as error:
        print(f"not ok - {name}: {error.code()}: {error.details()}", flush=True)
        return False
    except AssertionError as error:
        print(f"not ok - {name}: {error}", flush=True)
        return False
    except Exception as error:
        # A check that breaks is a check that fails. Say where, and go on with the next.
        traceback.print_exc()
        print(f"not ok - {name}: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"ok - {name}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the repository")
    root = parser.parse_args().root

    with ServerProcess(root) as server:
        results = [run("the server starts with the demo model", server.wait_ready)]
        if results[0]:
            interop = Interop(server, root)
            checks = [getattr(interop, name) for name in vars(Interop) if name.startswith("check_")]
            results += [run(check.__doc__, check) for check in checks]
        failed = results.count(False)
        if failed:
            print(f"# The server printed:\n{server.output()}")
    print(f"# {len(results) - failed} ok, {failed} not ok")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
