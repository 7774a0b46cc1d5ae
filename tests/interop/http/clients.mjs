// Runs the clients of other servers against the HTTP port, and compares their vectors with those of gRPC.
//
// node clients.mjs HTTP_URL VECTORS IMAGE CONTRACT: VECTORS is what `clip embed --json` printed for the image and the texts
// below, CONTRACT the compiled clip.proto.
import { readFileSync } from 'node:fs';
import { OpenAIEmbeddings } from '@langchain/openai';
import { OpenAIEmbedding } from '@llamaindex/openai';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { InferenceClient } from '@huggingface/inference';
import { embedMany } from 'ai';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';

const [, , base, vectorsFile, imageFile, contractFile] = process.argv;
const texts = ['a red bicycle', 'a dog'];
const image = readFileSync(imageFile);
const rows = readFileSync(vectorsFile, 'utf8').trim().split('\n').map(line => JSON.parse(line));
const [ofImage, ...ofTexts] = rows.map(row => row.embedding.map(Math.fround));
const baseURL = `${base}/v1`;
const openai = new OpenAI({ apiKey: 'any', baseURL, maxRetries: 0 });
let failed = 0;

async function check(name, run) {
  try {
    await run();
    console.log(`ok - ${name}`);
  } catch (error) {
    console.log(`# ${error.stack}\nnot ok - ${name}`);
    failed++;
  }
}

function isTrue(condition, message) {
  if (!condition)
    throw new Error(message);
}

/** To the bit, as float32. */
function equal(actual, expected) {
  isTrue(actual.length === expected.length, `${actual.length} vectors or elements, not ${expected.length}`);
  actual.forEach((value, i) => Array.isArray(value) || ArrayBuffer.isView(value)
    ? equal(Array.from(value), expected[i])
    : isTrue(Math.fround(value) === expected[i], `element ${i} is ${value}, not ${expected[i]}`));
}

await check('openai: base64 and float', async () => {
  for (const encoding_format of [undefined, 'float']) {
    const { data } = await openai.embeddings.create({ model: 'demo', input: texts, encoding_format });
    equal(data.map(item => item.embedding), ofTexts);
  }
});

await check('openai: an image', async () => {
  const input = `data:image/png;base64,${image.toString('base64')}`;
  const { data } = await openai.embeddings.create({ model: 'demo', input });
  equal(data[0].embedding, ofImage);
});

await check('openai: models and errors', async () => {
  isTrue((await openai.models.retrieve('demo')).id === 'demo', 'another model');
  const invalid = await openai.embeddings.create({ model: 'demo', input: [1, 2] }).catch(error => error);
  isTrue(invalid instanceof BadRequestError && invalid.code === 'token_ids' && invalid.param === 'input', invalid);
  const unknown = await openai.models.retrieve('org/name').catch(error => error);
  isTrue(unknown instanceof NotFoundError && unknown.code === 'model_not_found', unknown);
});

await check('langchain', async () => {
  const client = new OpenAIEmbeddings({ apiKey: 'any', model: 'demo', configuration: { baseURL } });
  equal(await client.embedDocuments(texts), ofTexts);
  equal(await client.embedQuery(texts[0]), ofTexts[0]);
  isTrue((await client.embedDocuments(Array(600).fill(texts[0]))).length === 600, 'not 600 vectors');
});

await check('llamaindex', async () => {
  const client = new OpenAIEmbedding({ apiKey: 'any', model: 'demo', baseURL });
  equal(await client.getTextEmbedding(texts[1]), ofTexts[1]);
});

await check('ai-sdk', async () => {
  const model = createOpenAICompatible({ name: 'clip', baseURL }).textEmbeddingModel('demo');
  equal((await embedMany({ model, values: texts })).embeddings, ofTexts);
});

await check('huggingface', async () => {
  const client = new InferenceClient('any');
  const endpointUrl = `${base}/models/demo`;
  const [best, second] = await client.zeroShotImageClassification(
    { endpointUrl, inputs: { image: new Blob([image]) }, parameters: { candidate_labels: ['dog', 'guitar'] } });
  isTrue(best.label === 'guitar' && best.score > second.score, JSON.stringify(best));
  equal(await client.featureExtraction({ endpointUrl, inputs: texts }), ofTexts);
  const cosines = await client.sentenceSimilarity(
    { endpointUrl, inputs: { source_sentence: texts[0], sentences: texts } });
  isTrue(Math.abs(cosines[0] - 1) < 1e-5 && cosines[1] < cosines[0], cosines);
});

await check('connect-web: gRPC-Web', async () => {
  const contract = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(contractFile)));
  const client = createClient(
    contract.getService('clipgrpc.v1.ClipService'), createGrpcWebTransport({ baseUrl: base }));
  const inputs = [
    { kind: { case: 'image', value: { kind: { case: 'encoded', value: image } } } },
    ...texts.map(value => ({ kind: { case: 'text', value } })),
  ];
  const { results } = await client.embed({ model: 'demo', inputs });
  equal(results.map(result => result.outcome.value.values), [ofImage, ...ofTexts]);
  const unknown = await client.embed({ model: 'org/name', inputs }).catch(error => error);
  isTrue(unknown.code === Code.NotFound && unknown.rawMessage.includes('org/name'), unknown);
});

process.exit(failed === 0 ? 0 : 1);
