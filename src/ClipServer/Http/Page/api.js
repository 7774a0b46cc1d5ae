// The part of clipgrpc.v1 (protos/clipgrpc/v1/clip.proto) that this page uses.

import { call } from './grpc.js';

const Image = { encoded: [1, 'bytes'] };
const Input = { image: [1, Image], text: [2, 'string', 'optional'] };
const ModelRef = { name: [1, 'string'], revision: [2, 'string'] };
const Status = { code: [1, 'enum'], message: [2, 'string'] };
const Timings = {
  queueUs: [1, 'uint64'], preprocessUs: [2, 'uint64'], inferenceUs: [3, 'uint64'], totalUs: [4, 'uint64'],
  batchSize: [5, 'uint32'],
};

const EmbedRequest = { model: [1, 'string'], inputs: [2, Input, 'repeated'] };
const Embedding = { values: [1, 'float', 'repeated'] };
const EmbedResult = { embedding: [1, Embedding], error: [2, Status], truncated: [4, 'bool'] };
const EmbedResponse = { model: [1, ModelRef], results: [2, EmbedResult, 'repeated'], timings: [3, Timings] };

const LabelSet = { labels: [1, 'string', 'repeated'], templates: [2, 'string', 'repeated'] };
const ClassifyRequest = {
  model: [1, 'string'], images: [2, Image, 'repeated'], labelSet: [3, LabelSet], topK: [5, 'uint32'],
};
const Prediction = { label: [1, 'string'], index: [2, 'uint32'], probability: [3, 'float'], cosine: [4, 'float'] };
const ClassifyResult = { predictions: [1, Prediction, 'repeated'], error: [2, Status] };
const ClassifyResponse = {
  model: [1, ModelRef], results: [2, ClassifyResult, 'repeated'], timings: [3, Timings],
  truncatedSentences: [4, 'uint32'],
};

const Tower = { layers: [1, 'uint32'], width: [2, 'uint32'], heads: [3, 'uint32'] };
const Architecture = {
  embeddingDimensions: [1, 'uint32'], imageSize: [2, 'uint32'], patchSize: [3, 'uint32'], contextLength: [4, 'uint32'],
  vocabularySize: [5, 'uint32'], vision: [6, Tower], text: [7, Tower], activation: [8, 'string'],
  parameters: [9, 'uint64'],
};
const ModelCard = {
  license: [1, 'string'], trainingData: [2, 'string'], imagenetTop1: [3, 'float', 'optional'],
  intendedUse: [4, 'string'], outOfScopeUse: [5, 'string'], url: [6, 'string'],
};
const Model = {
  name: [1, 'string'], source: [2, 'string'], revision: [3, 'string'], state: [4, 'enum'], isDefault: [5, 'bool'],
  precision: [6, 'string'], provider: [7, 'string'], architecture: [8, Architecture], logitScale: [9, 'float'],
  card: [10, ModelCard], maxBatchSize: [11, 'uint32'],
};
const Limits = {
  maxInputs: [1, 'uint32'], maxMessageBytes: [2, 'uint32'], maxTextChars: [3, 'uint32'], maxImagePixels: [4, 'uint64'],
  maxLabels: [5, 'uint32'], maxTemplates: [6, 'uint32'], maxImageSide: [8, 'uint32'],
};
const ListModelsResponse = { models: [1, Model, 'repeated'], limits: [2, Limits], serverVersion: [3, 'string'] };

export const ModelState = { loading: 1, ready: 2, draining: 3, failed: 4 };
export const stateNames = { 1: 'loading', 2: 'ready', 3: 'draining', 4: 'failed' };

export const listModels = options =>
  call('clipgrpc.v1.ModelService/ListModels', {}, ListModelsResponse, {}, { timeout: 10, ...options });

/** @param images bytes of image files */
export const classify = (model, images, labels, templates, options) => call(
  'clipgrpc.v1.ClipService/Classify', ClassifyRequest, ClassifyResponse,
  { model, images: images.map(encoded => ({ encoded })), labelSet: { labels, templates }, topK: labels.length },
  options);

/** @param inputs { image: bytes } or { text } */
export const embed = (model, inputs, options) => call(
  'clipgrpc.v1.ClipService/Embed', EmbedRequest, EmbedResponse,
  { model, inputs: inputs.map(({ image, text }) => image ? { image: { encoded: image } } : { text }) }, options);
