"""Makes every call with stubs that protoc generated from a clone, as a user of another language would.

Prints `ok - NAME` or `not ok - NAME: WHY` for each check. Exit code 0 when all are ok, 1 when some are not.
"""

import argparse
import pathlib
import signal
import sys
import threading

import grpc

from clipgrpc.v1 import clip_pb2, clip_pb2_grpc
from google.rpc import error_details_pb2, status_pb2
from interop import expect, expect_equal, run
from server_process import ServerProcess

TIMEOUT_SECONDS = 60
FRAMES = 50


class EveryCall:
    """The checks. Every public `check_*` method is one; its docstring is its name."""

    def __init__(self, server, root):
        self.server = server
        self.channel = grpc.insecure_channel(server.grpc_address)
        self.clip = clip_pb2_grpc.ClipServiceStub(self.channel)
        self.models = clip_pb2_grpc.ModelServiceStub(self.channel)
        self.image = next((root / "samples").glob("*.jpg")).read_bytes()

    def check_embed(self):
        """stubs: Embed"""
        request = clip_pb2.EmbedRequest(inputs=[clip_pb2.Input(text="a cat"), clip_pb2.Input(image=self.pixels())])
        response = self.clip.Embed(request, timeout=TIMEOUT_SECONDS)
        expect_equal([len(result.embedding.values) for result in response.results], [128, 128], "dimensions")

    def check_classify_and_label_sets(self):
        """stubs: CreateLabelSet and Classify"""
        labels = clip_pb2.LabelSet(labels=["cat", "dog"])
        made = self.clip.CreateLabelSet(clip_pb2.CreateLabelSetRequest(label_set=labels), timeout=TIMEOUT_SECONDS)
        request = clip_pb2.ClassifyRequest(images=[self.pixels()], label_set_id=made.id)
        response = self.clip.Classify(request, timeout=TIMEOUT_SECONDS)
        total = sum(prediction.probability for prediction in response.results[0].predictions)
        expect(abs(total - 1) < 1e-3, f"probabilities sum to {total}")

    def check_rank(self):
        """stubs: Rank"""
        request = clip_pb2.RankRequest(
            query=clip_pb2.Input(text="a cat"), candidates=[clip_pb2.Input(image=self.pixels())]
        )
        expect_equal(len(self.clip.Rank(request, timeout=TIMEOUT_SECONDS).ranked), 1, "results")

    def check_embed_stream(self):
        """stubs: EmbedStream"""
        requests = [clip_pb2.EmbedStreamRequest(id=str(i), input=clip_pb2.Input(text=f"{i} cats")) for i in range(9)]
        ids = {response.id for response in self.clip.EmbedStream(iter(requests), timeout=TIMEOUT_SECONDS)}
        expect_equal(ids, {str(i) for i in range(9)}, "ids")

    def check_classify_stream(self):
        """stubs: a ClassifyStream of 50 frames, in order"""
        responses = list(self.clip.ClassifyStream(self.frames(), timeout=TIMEOUT_SECONDS))
        expect_equal(len(responses), FRAMES, "responses")

    def check_models(self):
        """stubs: ListModels and GetModel"""
        listed = self.models.ListModels(clip_pb2.ListModelsRequest(), timeout=TIMEOUT_SECONDS)
        got = self.models.GetModel(clip_pb2.GetModelRequest(name="demo"), timeout=TIMEOUT_SECONDS)
        expect_equal(listed.models[0], got, "the demo model")

    def check_error_details(self):
        """stubs: an error of a call carries google.rpc.Status, and one of an item too"""
        try:
            self.clip.Embed(clip_pb2.EmbedRequest(), timeout=TIMEOUT_SECONDS)
            raise AssertionError("an empty request was answered")
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata())["grpc-status-details-bin"]
            expect_equal(status_pb2.Status.FromString(details).code, 3, "code")
        request = clip_pb2.EmbedRequest(
            inputs=[clip_pb2.Input(image=clip_pb2.Image(encoded=b"no image")), clip_pb2.Input(text="a cat")]
        )
        results = self.clip.Embed(request, timeout=TIMEOUT_SECONDS).results
        expect_equal([result.error.code for result in results], [3, 0], "codes of the items")

    def check_load_and_unload_model(self):
        """stubs: LoadModel and UnloadModel, which need a role, and the reason of their error"""
        for call, request in (
            (self.models.LoadModel, clip_pb2.LoadModelRequest(source="demo")),
            (self.models.UnloadModel, clip_pb2.UnloadModelRequest(name="demo")),
        ):
            try:
                call(request, timeout=TIMEOUT_SECONDS)
                raise AssertionError("a caller without the role was served")
            except grpc.RpcError as error:
                details = dict(error.trailing_metadata())["grpc-status-details-bin"]
                info = error_details_pb2.ErrorInfo()
                unpacked = [detail.Unpack(info) for detail in status_pb2.Status.FromString(details).details]
                expect(any(unpacked), "there is no ErrorInfo")
                expect_equal((info.domain, info.reason), ("clipgrpc", "ROLE_MISSING"), "reason")

    def check_stop_in_mid_stream(self):
        """stubs: a stream that SIGTERM meets ends with UNAVAILABLE"""
        more = threading.Event()

        def requests():
            yield from self.frames(1)
            more.wait(TIMEOUT_SECONDS)

        call = self.clip.ClassifyStream(requests(), timeout=TIMEOUT_SECONDS)
        next(call)
        self.server.process.send_signal(signal.SIGTERM)
        try:
            list(call)
            raise AssertionError("the stream ended without an error")
        except grpc.RpcError as error:
            expect_equal(error.code(), grpc.StatusCode.UNAVAILABLE, "code")
        finally:
            more.set()

    def pixels(self):
        return clip_pb2.Image(encoded=self.image)

    def frames(self, count=FRAMES):
        config = clip_pb2.ClassifyStreamConfig(label_set=clip_pb2.LabelSet(labels=["cat", "dog"]))
        yield clip_pb2.ClassifyStreamRequest(config=config)
        for _ in range(count):
            yield clip_pb2.ClassifyStreamRequest(frame=clip_pb2.Frame(image=self.pixels()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the repository")
    root = parser.parse_args().root

    with ServerProcess(root) as server:
        results = [run("stubs: the server starts", server.wait_ready)]
        if results[0]:
            calls = EveryCall(server, root)
            checks = [getattr(calls, name) for name in vars(EveryCall) if name.startswith("check_")]
            results += [run(check.__doc__, check) for check in checks]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
