// Every call of the contract from TypeScript: every_call ADDRESS IMAGE PID. Prints `ok - NAME` or `not ok - NAME: WHY`.
import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  ClassifyStreamRequestSchema,
  ClipService,
  ErrorInfoSchema,
  ImageSchema,
  InputSchema,
  ModelSchema,
  ModelService,
} from "./index.js";

const FRAMES = 50;
const [address, path, pid] = process.argv.slice(2) as [string, string, string];
const transport = createGrpcTransport({ baseUrl: `http://${address}`, defaultTimeoutMs: 120_000 });
const clip = createClient(ClipService, transport);
const models = createClient(ModelService, transport);

const image = create(ImageSchema, { kind: { case: "encoded", value: await readFile(path) } });
const noImage = create(ImageSchema, { kind: { case: "encoded", value: new Uint8Array([1]) } });
const imageInput = create(InputSchema, { kind: { case: "image", value: image } });
const text = create(InputSchema, { kind: { case: "text", value: "a cat" } });
const labelSet = { labels: ["cat", "dog"] };

async function check(name: string, test: () => Promise<void>): Promise<void> {
  try {
    await test();
    console.log(`ok - TypeScript: ${name}`);
  } catch (error) {
    console.log(`not ok - TypeScript: ${name}: ${error}`.replaceAll("\n", " "));
    process.exitCode = 1;
  }
}

async function failure(call: () => Promise<unknown>): Promise<ConnectError> {
  try {
    await call();
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("the call succeeded");
}

async function* frames(count: number, end?: Promise<void>) {
  type Request = MessageInitShape<typeof ClassifyStreamRequestSchema>;
  yield { message: { case: "config", value: { labels: { case: "labelSet", value: labelSet } } } } as Request;
  for (let i = 0; i < count; i++) yield { message: { case: "frame", value: { frameId: BigInt(i), image } } } as Request;
  await end;
}

await check("Embed, and the detail of an item's error", async () => {
  const { results } = await clip.embed({ inputs: [text, imageInput, { kind: { case: "image", value: noImage } }] });
  assert(results[1].outcome.case === "embedding" && results[2].outcome.case === "error");
  assert.equal(results[1].outcome.value.values.length, 128);
  const reasons = results[2].outcome.value.details.map((detail) => anyUnpack(detail, ErrorInfoSchema)?.reason);
  assert(reasons.includes("UNSUPPORTED_IMAGE"), `${reasons}`);
});
await check("CreateLabelSet and Classify", async () => {
  const { id } = await clip.createLabelSet({ labelSet });
  const { results } = await clip.classify({ images: [image], labels: { case: "labelSetId", value: id } });
  assert.equal(results[0].predictions.length, 2);
});
await check("Rank", async () => {
  assert.equal((await clip.rank({ query: text, candidates: [imageInput] })).ranked.length, 1);
});
await check("EmbedStream", async () => {
  const ids = new Set<string>();
  const requests = (async function* () {
    for (let i = 0; i < 9; i++) yield { id: `${i}`, input: text };
  })();
  for await (const response of clip.embedStream(requests)) ids.add(response.id);
  assert.equal(ids.size, 9);
});
await check("a ClassifyStream of 50 frames, in order", async () => {
  let count = 0;
  for await (const response of clip.classifyStream(frames(FRAMES))) {
    assert.equal(response.frameId, BigInt(count++));
    assert.equal(response.predictions.length, 2);
  }
  assert.equal(count, FRAMES);
});
await check("ListModels and GetModel", async () => {
  const listed = await models.listModels({});
  assert(equals(ModelSchema, await models.getModel({}), listed.models[0]));
});
await check("LoadModel and UnloadModel, and the detail of a call's error", async () => {
  for (const call of [() => models.loadModel({ source: "demo" }), () => models.unloadModel({ name: "demo" })]) {
    assert.equal((await failure(call)).findDetails(ErrorInfoSchema)[0]?.reason, "ROLE_MISSING");
  }
});
await check("a stream that SIGTERM meets ends with UNAVAILABLE", async () => {
  let end = () => {};
  const open = new Promise<void>((resolve) => (end = resolve));
  const error = await failure(async () => {
    for await (const _ of clip.classifyStream(frames(1, open))) process.kill(Number(pid), "SIGTERM");
  });
  end();
  assert.equal(Code[error.code], "Unavailable");
});
