"""Retries, against a server that answers as its script says; TLS and API keys, against the real one."""

import asyncio
import concurrent.futures
import hashlib
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

import grpc
import numpy as np
from google.protobuf import any_pb2

from clipgrpc import AsyncClient, Client, ClipError
from clipgrpc.google_rpc import error_details_pb2, status_pb2
from clipgrpc.v1 import clip_pb2, clip_pb2_grpc

UNAVAILABLE, EXHAUSTED = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED


class Scripted(clip_pb2_grpc.ClipServiceServicer, clip_pb2_grpc.ModelServiceServicer):
    """Fails with one error of the script after the other, then succeeds."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []
        self.times_left = []

    def ListModels(self, request, context):
        return clip_pb2.ListModelsResponse(limits=clip_pb2.Limits(max_inputs=8, max_message_bytes=32 << 20))

    def Embed(self, request, context):
        self.requests.append(request)
        self.times_left.append(context.time_remaining())
        if self.script:
            code, trailers = self.script.pop(0)
            context.set_trailing_metadata(trailers)
            context.abort(code, "as the script says")
        embedding = clip_pb2.Embedding(values=[1, 0])
        return clip_pb2.EmbedResponse(results=[clip_pb2.EmbedResult(embedding=embedding)] * len(request.inputs))


def pushback(milliseconds):
    return (("grpc-retry-pushback-ms", str(milliseconds)),)


def retry_info(milliseconds):
    detail = any_pb2.Any()
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromMilliseconds(milliseconds)
    detail.Pack(info)
    return (("grpc-status-details-bin", status_pb2.Status(code=8, details=[detail]).SerializeToString()),)


class Clock:
    """Stands still but for its sleeps."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.waits.append(seconds)


class RetryTests(unittest.TestCase):
    def start(self, *script, **options):
        """A client of a server with this script. Time stands still but for its waits."""
        self.script = Scripted(*script)
        server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1)]
        )
        clip_pb2_grpc.add_ClipServiceServicer_to_server(self.script, server)
        clip_pb2_grpc.add_ModelServiceServicer_to_server(self.script, server)
        self.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        self.addCleanup(server.stop, None)
        self.clock = Clock()
        patch = mock.patch("clipgrpc._client.time", self.clock)
        patch.start()
        self.addCleanup(patch.stop)
        client = Client(self.address, **options)
        self.addCleanup(client.close)
        return client

    def test_call_pushback_and_retry_info_are_waited_for(self):
        client = self.start((EXHAUSTED, pushback(1200)), (EXHAUSTED, retry_info(2500)), (UNAVAILABLE, pushback(7000)))
        self.assertEqual(client.embed_texts(["a"]).require().tolist(), [[1, 0]])
        self.assertEqual(self.clock.waits, [1.2, 2.5, 7.0])

    def test_call_request_larger_than_the_retry_buffer_of_grpc_is_sent_again_whole(self):
        client = self.start((EXHAUSTED, pushback(10)))
        images = [np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)] * 3
        self.assertEqual(client.embed_images(images).require().shape, (3, 2))
        first, second = self.script.requests
        self.assertGreater(first.ByteSize(), 9_000_000)
        self.assertEqual(first, second)

    def test_call_negative_pushback_is_not_retried(self):
        client = self.start((EXHAUSTED, pushback(-1)))
        with self.assertRaises(ClipError) as raised:
            client.embed_texts(["a"])
        self.assertEqual((raised.exception.code, raised.exception.may_retry), (EXHAUSTED, False))
        self.assertEqual(len(self.script.requests), 1)

    def test_call_pushback_past_the_deadline_fails_at_once(self):
        client = self.start((EXHAUSTED, pushback(60_000)), timeout=30)
        with self.assertRaises(ClipError) as raised:
            client.embed_texts(["a"])
        self.assertEqual(raised.exception.retry_after, 60)
        self.assertEqual(self.clock.waits, [])

    def test_call_attempts_share_the_deadline(self):
        client = self.start((EXHAUSTED, pushback(20_000)), timeout=30)
        client.embed_texts(["a"])
        self.assertLess(self.script.times_left[0], 31)
        self.assertLess(self.script.times_left[1], 11)

    def test_call_overload_without_a_hint_is_tried_four_times(self):
        client = self.start(*[(EXHAUSTED, ())] * 9)
        with self.assertRaises(ClipError):
            client.embed_texts(["a"])
        self.assertEqual(len(self.script.requests), 4)

    def test_call_other_codes_are_not_retried(self):
        for code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL):
            client = self.start((code, ()))
            with self.assertRaises(ClipError):
                client.embed_texts(["a"])
            self.assertEqual(len(self.script.requests), 1)

    def test_call_details_of_another_system_keep_code_and_message(self):
        client = self.start((grpc.StatusCode.INTERNAL, (("grpc-status-details-bin", b"\xff\xff"),)))
        with self.assertRaises(ClipError) as raised:
            client.embed_texts(["a"])
        self.assertEqual(str(raised.exception), "INTERNAL: as the script says")

    def test_async_client_waits_and_retries_too(self):
        self.start((EXHAUSTED, pushback(1)), (UNAVAILABLE, ()))

        async def embed():
            async with AsyncClient(self.address) as client:
                return await client.embed_texts([str(number) for number in range(100)])

        self.assertEqual(asyncio.run(embed()).require().shape, (100, 2))
        self.assertGreater(len(self.script.requests), 100 / 8 + 1)


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
class CredentialTests(unittest.TestCase):
    KEY = "clip_0123456789abcdef"

    def setUp(self):
        from test_client import Server

        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.issue("ca", "-x509", "-subj", "/CN=an authority")
        self.sign("server", "localhost", "serverAuth")
        self.sign("client", "a client", "clientAuth")
        (self.folder / "keys").write_text(f"test: sha256:{hashlib.sha256(self.KEY.encode()).hexdigest()}\n")
        files = {name: str(self.folder / name) for name in ("server.crt", "server.key", "ca.crt", "keys")}
        self.server = Server(
            "--tls-cert", files["server.crt"], "--tls-key", files["server.key"], "--tls-client-ca", files["ca.crt"],
            "--api-keys", files["keys"],
        )  # fmt: skip
        self.addCleanup(self.server.stop)
        self.address = "localhost:" + self.server.address.rpartition(":")[2]

    def issue(self, name, *arguments):
        files = ["-keyout", f"{name}.key", "-out", f"{name}.crt"]
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *arguments)

    def sign(self, name, subject, usage):
        self.issue(name, "-subj", f"/CN={subject}")
        (self.folder / "extensions").write_text(f"subjectAltName=DNS:localhost\nextendedKeyUsage={usage}\n")
        request = ["-in", f"{name}.crt", "-out", f"{name}.crt", "-days", "2", "-extfile", "extensions"]
        self.openssl("x509", "-req", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", *request)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def path(self, name):
        return str(self.folder / name)

    def test_client_tls_client_certificate_and_api_key(self):
        tls = {name: self.path(file) for name, file in
               (("ca", "ca.crt"), ("certificate", "client.crt"), ("key", "client.key"))}  # fmt: skip
        with Client(self.address, api_key=self.KEY, **tls) as client:
            self.assertEqual(client.embed_texts(["a dog"]).require().shape, (1, 128))
        with Client(self.address, api_key="wrong", **tls) as client, self.assertRaises(ClipError) as raised:
            client.embed_texts(["a dog"])
        self.assertEqual(raised.exception.reason, "CREDENTIALS_INVALID")
        with Client(self.address, ca=self.path("ca.crt"), timeout=2) as client, self.assertRaises(ClipError) as raised:
            client.embed_texts(["a dog"])
        self.assertIs(raised.exception.code, UNAVAILABLE)


if __name__ == "__main__":
    unittest.main()
