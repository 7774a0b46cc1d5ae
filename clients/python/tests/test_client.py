"""The clients against a real server: `dotnet build -c Release` in the repository, then, in clients/python,
`python -m unittest discover tests`. CLIPGRPC_ADDRESS names a running server instead."""

import asyncio
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

import grpc
import numpy as np

try:
    from PIL import Image
except ImportError:
    Image = None

from clipgrpc import AsyncClient, Client, ClipError
from clipgrpc.v1 import clip_pb2

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVER = ROOT / "src/ClipServer/bin/Release/net10.0/ClipServer.dll"
SAMPLES = ROOT / "samples"
IMAGES = [SAMPLES / name for name in ("dog.png", "guitar.png", "rocket.jpg")]
LABELS = ["dog", "guitar", "rocket"]
START_SECONDS = 300


class Server:
    """A server of its own on free ports."""

    def __init__(self, *arguments):
        command = ["dotnet", str(SERVER), "--grpc-port", "0", "--http-port", "0", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines = []
        self.address = None
        ready = threading.Event()
        threading.Thread(target=self._read, args=(ready,), daemon=True).start()
        if not ready.wait(START_SECONDS) or self.address is None:
            self.stop()
            raise AssertionError("the server did not start:\n" + "".join(self.lines))

    def _read(self, ready):
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(r"gRPC  https?://(\S+)", line):
                self.address = found[1].replace("localhost", "127.0.0.1")
                ready.set()
        ready.set()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


def setUpModule():
    global server, address
    server = None if "CLIPGRPC_ADDRESS" in os.environ else Server()
    address = os.environ.get("CLIPGRPC_ADDRESS") or server.address


def tearDownModule():
    if server:
        server.stop()


class ClientTests(unittest.TestCase):
    def setUp(self):
        self.clip = Client(address, timeout=60)
        self.addCleanup(self.clip.close)

    @unittest.skipUnless(Image, "there is no PIL")
    def test_embed_images_all_kinds_of_sources_same_vectors(self):
        with Image.open(IMAGES[0]) as image:
            sources = [IMAGES[0], str(IMAGES[0]), IMAGES[0].read_bytes(), image, np.asarray(image.convert("RGB"))]
            vectors = self.clip.embed_images(sources).require()
        self.assertEqual((vectors.shape, vectors.dtype), ((5, 128), np.float32))
        np.testing.assert_allclose(vectors, np.tile(vectors[0], (5, 1)), atol=1e-5)

    @unittest.skipUnless(Image, "there is no PIL")
    def test_embed_images_orientation_of_a_pil_image_as_of_its_file(self):
        with tempfile.TemporaryDirectory() as folder, Image.open(IMAGES[1]) as image:
            path = pathlib.Path(folder) / "turned.png"
            exif = Image.Exif()
            exif[0x112] = 6
            image.convert("RGB").save(path, exif=exif)
            with Image.open(path) as turned:
                vectors = self.clip.embed_images([path, turned, image.convert("RGB")]).require()
        np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
        self.assertGreater(np.abs(vectors[0] - vectors[2]).max(), 1e-3)

    def test_embed_images_gray_and_alpha_arrays(self):
        gray = np.zeros((20, 30), np.uint8)
        vectors = self.clip.embed_images([gray, np.zeros((20, 30, 4), np.uint8), np.zeros((20, 30, 3), np.uint8)])
        np.testing.assert_allclose(vectors.require(), np.tile(vectors.vectors[0], (3, 1)), atol=1e-5)

    def test_embed_images_no_image_raises(self):
        for source in (3, np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4), np.float32)):
            with self.assertRaises((TypeError, ValueError)):
                self.clip.embed_images([source])
        with self.assertRaisesRegex(TypeError, "list"):
            self.clip.embed_images(str(IMAGES[0]))

    def test_embed_images_failed_items_keep_their_neighbors(self):
        result = self.clip.embed_images([IMAGES[0], b"no image", SAMPLES / "missing.png", IMAGES[1]])
        self.assertEqual(sorted(result.errors), [1, 2])
        self.assertEqual(result.errors[1].reason, "UNSUPPORTED_IMAGE")
        self.assertEqual(result.errors[1].field, "inputs[1].image")
        self.assertIs(result.errors[1].code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("missing.png", result.errors[2].message)
        self.assertEqual(np.isnan(result.vectors).all(axis=1).tolist(), [False, True, True, False])
        with self.assertRaises(ClipError):
            result.require()

    def test_embed_images_only_failed_ones_have_the_dimensions_of_the_model(self):
        self.assertEqual(self.clip.embed_images([b"no image"]).vectors.shape, (1, 128))
        self.assertEqual(self.clip.embed_images([]).vectors.shape, (0, 128))

    def test_embed_texts_more_than_one_call_takes_in_order(self):
        limit = self.clip.list_models().limits.max_inputs
        texts = [f"{number} dogs" for number in range(2 * limit + 3)]
        result = self.clip.embed_texts(texts)
        self.assertEqual(result.require().shape, (len(texts), 128))
        few = self.clip.embed_texts([texts[-1], texts[0]]).require()
        np.testing.assert_allclose(result.vectors[[-1, 0]], few, atol=1e-5)
        self.assertEqual((result.model, len(result.revision)), ("demo", 12))

    def test_embed_images_split_by_bytes_and_numbered_by_the_caller(self):
        self.clip.list_models()
        self.clip._limits = clip_pb2.Limits(max_inputs=2, max_message_bytes=1 << 20)
        result = self.clip.embed_images([*IMAGES, b"no image"])
        self.assertEqual(result.errors[3].field, "inputs[3].image")
        self.assertTrue(result.errors[3].message.startswith("inputs[3].image"), result.errors[3].message)

    def test_embed_texts_limits_of_another_server_are_split_again(self):
        self.clip._limits = clip_pb2.Limits(max_inputs=100_000, max_message_bytes=1 << 30)
        self.assertEqual(self.clip.embed_texts(["a dog"] * 300).require().shape, (300, 128))
        self.assertIsNone(self.clip._limits)

    def test_embed_images_one_image_larger_than_a_message_is_an_error_of_its_item(self):
        limit = self.clip.list_models().limits.max_message_bytes
        result = self.clip.embed_images([bytes(limit + 1), IMAGES[0]])
        self.assertEqual({i: e.reason for i, e in result.errors.items()}, {0: "MESSAGE_TOO_LARGE"})

    def test_embed_texts_half_precision_and_not_normalized(self):
        half = clip_pb2.EmbedOptions(encoding=clip_pb2.EMBEDDING_ENCODING_FLOAT16)
        full = self.clip.embed_texts(["a dog"]).require()
        np.testing.assert_allclose(self.clip.embed_texts(["a dog"], options=half).require(), full, atol=1e-3)
        raw = self.clip.embed_texts(["a dog"], options=clip_pb2.EmbedOptions(normalize=False)).require()
        np.testing.assert_allclose(raw / np.linalg.norm(raw), full, atol=1e-5)

    def test_classify_labels_scores_and_errors(self):
        results = self.clip.classify([*IMAGES, b"no image"], LABELS, templates=["a photo of a {}"], all_scores=True)
        self.assertEqual([result.predictions[0].label for result in results[:3]], LABELS)
        self.assertEqual([int(result.scores.argmax()) for result in results[:3]], [0, 1, 2])
        self.assertEqual(results[3].error.field, "images[3]")
        self.assertEqual(len(self.clip.classify(IMAGES[:1], LABELS, top_k=1)[0].predictions), 1)

    def test_classify_labels_that_are_not_valid_fail_the_call(self):
        with self.assertRaises(ClipError) as raised:
            self.clip.classify(IMAGES, ["dog", "dog"])
        self.assertEqual((raised.exception.reason, raised.exception.field), ("DUPLICATE_LABEL", "label_set.labels[1]"))
        self.assertNotEqual(raised.exception.request_id, "")
        with self.assertRaises(TypeError):
            self.clip.classify(IMAGES, "dog")

    def test_classify_unknown_model_has_a_reason_and_is_not_retried(self):
        with self.assertRaises(ClipError) as raised:
            self.clip.classify(IMAGES, LABELS, model="nope")
        error = raised.exception
        self.assertEqual((error.reason, error.metadata["model"], error.retry_after), ("MODEL_NOT_FOUND", "nope", None))

    def test_rank_images_for_a_text(self):
        ranking = self.clip.rank("a dog", [*IMAGES[1:], IMAGES[0], b"no image", "a photo of a cat"])
        self.assertEqual(sorted(candidate.index for candidate in ranking.ranked), [0, 1, 2, 4])
        self.assertEqual({i: e.field for i, e in ranking.errors.items()}, {3: "candidates[3].image"})
        best = self.clip.rank("a guitar", IMAGES, top_k=1).ranked
        self.assertEqual([candidate.index for candidate in best], [1])

    def test_classify_stream_in_order_with_errors_of_frames(self):
        frames = [IMAGES[number % 3] for number in range(49)] + [b"no image"]
        results = list(self.clip.classify_stream(frames, LABELS, top_k=1))
        self.assertEqual([r.predictions[0].index for r in results[:49]], [number % 3 for number in range(49)])
        self.assertEqual(results[49].error.reason, "UNSUPPORTED_IMAGE")

    def test_classify_stream_exception_of_the_frames_is_raised(self):
        def frames():
            yield IMAGES[0]
            raise OSError("the camera is gone")

        with self.assertRaisesRegex(OSError, "the camera is gone"):
            list(self.clip.classify_stream(frames(), LABELS))

    def test_classify_stream_configuration_that_is_not_valid_raises(self):
        with self.assertRaises(ClipError) as raised:
            list(self.clip.classify_stream(IMAGES, LABELS, smoothing=2))
        self.assertEqual(raised.exception.field, "config.smoothing")

    def test_client_from_many_threads(self):
        results = [None] * 8

        def embed(number):
            results[number] = self.clip.embed_texts([f"{number} dogs"]).require()[0]

        threads = [threading.Thread(target=embed, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        wanted = self.clip.embed_texts([f"{number} dogs" for number in range(8)]).require()
        np.testing.assert_allclose(results, wanted, atol=1e-5)


class AsyncClientTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.clip = AsyncClient(address, timeout=60)
        self.addAsyncCleanup(self.clip.close)

    async def test_all_methods_as_of_the_blocking_client(self):
        with Client(address, timeout=60) as blocking:
            texts = [f"{number} dogs" for number in range(300)]
            vectors = (await self.clip.embed_texts(texts)).require()
            np.testing.assert_allclose(vectors, blocking.embed_texts(texts).require(), atol=1e-5)
            images = (await self.clip.embed_images(IMAGES)).require()
            np.testing.assert_allclose(images, blocking.embed_images(IMAGES).require(), atol=1e-5)
        results = await self.clip.classify(IMAGES, LABELS)
        self.assertEqual([result.predictions[0].label for result in results], LABELS)
        self.assertEqual((await self.clip.rank("a guitar", IMAGES)).ranked[0].index, 1)
        self.assertEqual((await self.clip.list_models()).models[0].name, "demo")

    async def test_classify_stream_of_frames_of_both_kinds(self):
        async def frames():
            for number in range(50):
                await asyncio.sleep(0)
                yield IMAGES[number % 3]

        for source in (frames(), [IMAGES[number % 3] for number in range(50)]):
            indices = [result.predictions[0].index async for result in self.clip.classify_stream(source, LABELS)]
            self.assertEqual(indices, [number % 3 for number in range(50)])

    async def test_classify_stream_exception_of_the_frames_is_raised(self):
        async def frames():
            yield IMAGES[0]
            raise OSError("the camera is gone")

        with self.assertRaisesRegex(OSError, "the camera is gone"):
            async for _ in self.clip.classify_stream(frames(), LABELS):
                pass

    async def test_embed_images_errors_of_items_and_calls(self):
        result = await self.clip.embed_images([IMAGES[0], b"no image"])
        self.assertEqual(result.errors[1].field, "inputs[1].image")
        with self.assertRaises(ClipError) as raised:
            await self.clip.embed_texts(["a dog"], model="nope")
        self.assertEqual(raised.exception.reason, "MODEL_NOT_FOUND")

    async def test_embed_texts_cancelled(self):
        task = asyncio.create_task(self.clip.embed_texts([f"{number} cats" for number in range(2000)]))
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)


if __name__ == "__main__":
    unittest.main()
