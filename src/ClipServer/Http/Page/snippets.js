// "Use via API": programs that do what is on screen.

import { apiKey } from './grpc.js';

/** The languages in their order, with the interface of the HTTP port that each one needs. */
export const languages = [
  { id: 'csharp', name: 'C#' },
  { id: 'curl', name: 'curl' },
  { id: 'python', name: 'Python' },
  { id: 'javascript', name: 'JavaScript' },
  { id: 'openai', name: 'OpenAI SDK' },
];

/** @param what { kind, model, logitScale, … } of the tab that is shown */
export function snippet(language, what) {
  const base = new URL('.', document.baseURI).href.replace(/\/$/, '');
  return writers[language][what.kind]({ ...what, base, hasKey: apiKey.get() !== '' });
}

// JSON has the escapes that all four languages have too.
const quote = value => JSON.stringify(value);
const list = values => `[${values.map(quote).join(', ')}]`;
const long = (values, indent) => values.length < 4
  ? list(values) : `[\n${values.map(value => `${indent}  ${quote(value)},`).join('\n')}\n${indent}]`;
const templatesOf = ({ templates }) => templates.length > 0 ? templates : ['{}'];
const mime = name =>
  ({ png: 'png', webp: 'webp', gif: 'gif', bmp: 'bmp' })[name.split('.').at(-1).toLowerCase()] ?? 'jpeg';

// ---------------------------------------------------------------------------------------------------------------------
// C#: the typed client, over gRPC

const csharpList = values => values.length < 4
  ? list(values) : `[\n${values.map(value => `        ${quote(value)},`).join('\n')}\n    ]`;
const csharpLabels = ({ labels, templates }) =>
  `new ClipLabels(\n    ${csharpList(labels)}${templates.length > 0 ? `,\n    ${csharpList(templates)}` : ''})`;

function csharpClient({ hasKey, base }, usings = []) {
  const { hostname, protocol } = new URL(base);
  const address = `"${protocol}//${hostname}:50051"`;
  const lines = ['using ClipGrpc.Client;', ...usings];
  if (!hasKey) return `${lines.join('\n')}

// The address of gRPC: the server prints it when it starts.
using var clip = ClipClient.ForAddress(${address});
`;
  return `${lines.join('\n')}
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

// The address of gRPC: the server prints it when it starts.
using var channel = GrpcChannel.ForAddress(${address});
var key = Environment.GetEnvironmentVariable("CLIP_API_KEY");
using var clip = new ClipClient(channel.Intercept(headers =>
{
    headers.Add("authorization", $"Bearer {key}");
    return headers;
}));
`;
}

const csharp = {
  classify: what => `${csharpClient(what)}
var result = await clip.ClassifyAsync(
    ClipImage.FromFile(${quote(what.image)}),
    ${csharpLabels(what).replaceAll('\n', '\n    ')},
    new ClassifyCallOptions { Model = ${quote(what.model)}, TopK = ${what.labels.length} });
foreach (var prediction in result.Predictions)
    Console.WriteLine($"{prediction.Label} {prediction.Probability:P1} (cosine {prediction.Cosine:F4})");
`,
  search: what => `${csharpClient(what)}
string[] files =
[
${what.files.map(file => `    ${quote(file)},`).join('\n')}
];
var ranking = await clip.RankAsync(
    ${what.image ? `ClipImage.FromFile(${quote(what.image)})` : quote(what.text ?? 'a dog')},
    files.Select(file => ClipInput.FromImage(ClipImage.FromFile(file))),
    new RankCallOptions { Model = ${quote(what.model)} });
foreach (var candidate in ranking.Ranked)
    Console.WriteLine($"{candidate.Cosine:F3} {files[candidate.Index]}");
`,
  video: what => `${csharpClient(what, ['using ClipGrpc.V1;'])}
// Frames as JPEG files, for example: ffmpeg -i ${what.file ?? '/dev/video0'} -r 10 frames/%06d.jpg
async IAsyncEnumerable<VideoFrame> ReadFramesAsync()
{
    ulong id = 0;
    foreach (var file in Directory.EnumerateFiles("frames", "*.jpg").Order())
        yield return new VideoFrame(id, TimeSpan.FromSeconds(id++ / 10.0), ClipImage.FromFile(file));
}

var labels = ${csharpLabels(what)};
var options = new VideoCallOptions { Model = ${quote(what.model)}, DropPolicy = DropPolicy.Latest };
await foreach (var frame in clip.ClassifyVideoAsync(ReadFramesAsync(), labels, options))
{
    if (!frame.Dropped)
        Console.WriteLine($"{frame.Timestamp} {frame.Result!.Value.Predictions[0].Label}");
}
`,
  models: what => `${csharpClient(what)}
var response = await clip.ListModelsAsync();
foreach (var model in response.Models)
    Console.WriteLine($"{model.Name} {model.State} {model.Precision} {model.Card?.License}");
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// curl: the interface of Jina, which has labels, templates and images in one call

const shellQuote = value => `'${value.replaceAll("'", `'\\''`)}'`;
// For a here-document in which commands run.
const inDocument = value => quote(value).replace(/[\\$`]/g, character => `\\${character}`);
const base64File = file => `$(base64 < ${shellQuote(file)} | tr -d '\\n')`;

function curl({ base, hasKey }, path, body) {
  const key = hasKey ? ' -H "authorization: Bearer $CLIP_API_KEY"' : '';
  return `curl ${base}${path}${key} -H 'content-type: application/json' -d @- <<JSON\n${body}\nJSON\n`;
}

const curlClassify = (what, image) => curl(what, '/v1/classify', `{
  "model": ${inDocument(what.model)},
  "input": [{"image": "${base64File(image)}"}],
  "labels": [${what.labels.map(inDocument).join(', ')}],
  "templates": [${templatesOf(what).map(inDocument).join(', ')}]
}`);

const curlOf = {
  classify: what => curlClassify(what, what.image),
  search: what => curl(what, '/v1/rerank', `{
  "model": ${inDocument(what.model)},
  "query": ${what.image ? `{"image": "${base64File(what.image)}"}` : inDocument(what.text ?? 'a dog')},
  "documents": [
${what.files.map(file => `    {"image": "${base64File(file)}"}`).join(',\n')}
  ]
}`),
  video: what => `# One frame of the video:
ffmpeg -y -i ${what.file ? shellQuote(what.file) : '/dev/video0'} -frames:v 1 frame.jpg

${curlClassify(what, 'frame.jpg')}`,
  models: ({ base, hasKey }) =>
    `curl${hasKey ? ' -H "authorization: Bearer $CLIP_API_KEY"' : ''} ${base}/v1/models
curl ${base}/readyz
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// Python, with requests

const pythonHeaders = ({ hasKey }) =>
  hasKey ? 'headers = {"authorization": f"Bearer {os.environ[\'CLIP_API_KEY\']}"}\n' : '';
const pythonPost = ({ hasKey }) => hasKey ? ', headers=headers' : '';
const pythonImports = ({ hasKey }, ...names) =>
  [...names, ...(hasKey ? ['os'] : [])].sort().map(name => `import ${name}`).join('\n');

const python = {
  classify: what => `${pythonImports(what, 'base64')}

import requests

${pythonHeaders(what)}image = base64.b64encode(open(${quote(what.image)}, "rb").read()).decode()
response = requests.post(${quote(`${what.base}/v1/classify`)}${pythonPost(what)}, json={
    "model": ${quote(what.model)},
    "input": [{"image": image}],
    "labels": ${long(what.labels, '    ')},
    "templates": ${long(templatesOf(what), '    ')},
})
response.raise_for_status()
for prediction in response.json()["data"][0]["predictions"]:
    print(f"{prediction['label']} {prediction['score']:.1%}")
`,
  search: what => `${pythonImports(what, 'base64')}

import requests

def read(path):
    return {"image": base64.b64encode(open(path, "rb").read()).decode()}

${pythonHeaders(what)}files = ${long(what.files, '')}
response = requests.post(${quote(`${what.base}/v1/rerank`)}${pythonPost(what)}, json={
    "model": ${quote(what.model)},
    "query": ${what.image ? `read(${quote(what.image)})` : quote(what.text ?? 'a dog')},
    "documents": [read(file) for file in files],
})
response.raise_for_status()
for result in response.json()["results"]:
    print(f"{result['relevance_score']:.3f} {files[result['index']]}")
`,
  video: what => `${pythonImports(what, 'base64')}

import cv2
import requests

${pythonHeaders(what)}video = cv2.VideoCapture(${what.file ? quote(what.file) : '0'})
while True:
    found, frame = video.read()
    if not found:
        break
    image = base64.b64encode(cv2.imencode(".jpg", frame)[1]).decode()
    response = requests.post(${quote(`${what.base}/v1/classify`)}${pythonPost(what)}, json={
        "model": ${quote(what.model)},
        "input": [{"image": image}],
        "labels": ${long(what.labels, '        ')},
        "templates": ${long(templatesOf(what), '        ')},
    })
    response.raise_for_status()
    best = response.json()["data"][0]
    print(f"{best['prediction']} {best['score']:.1%}")
`,
  models: what => `${pythonImports(what, 'requests')}

${pythonHeaders(what)}response = requests.get(${quote(`${what.base}/v1/models`)}${pythonPost(what)})
response.raise_for_status()
for model in response.json()["data"]:
    print(model["id"], model["state"], model.get("precision"), model.get("revision"))
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// JavaScript, with fetch

const javascriptHeaders = ({ hasKey }) => hasKey
  ? "{ 'content-type': 'application/json', authorization: `Bearer ${process.env.CLIP_API_KEY}` }"
  : "{ 'content-type': 'application/json' }";

const javascriptPost = (what, path, body) => `const response = await fetch(${quote(`${what.base}${path}`)}, {
  method: 'POST',
  headers: ${javascriptHeaders(what)},
  body: JSON.stringify(${body}),
});
if (!response.ok) throw new Error(await response.text());
`;

const javascriptClassify = (what, image) => javascriptPost(what, '/v1/classify', `{
    model: ${quote(what.model)},
    input: [{ image: ${image} }],
    labels: ${long(what.labels, '    ')},
    templates: ${long(templatesOf(what), '    ')},
  }`);

const javascript = {
  classify: what => `import { readFile } from 'node:fs/promises';

const image = await readFile(${quote(what.image)}, 'base64');
${javascriptClassify(what, 'image')}for (const { label, score } of (await response.json()).data[0].predictions)
  console.log(label, (100 * score).toFixed(1) + ' %');
`,
  search: what => `import { readFile } from 'node:fs/promises';

const read = async file => ({ image: await readFile(file, 'base64') });
const files = ${long(what.files, '')};
${javascriptPost(what, '/v1/rerank', `{
    model: ${quote(what.model)},
    query: ${what.image ? `await read(${quote(what.image)})` : quote(what.text ?? 'a dog')},
    documents: await Promise.all(files.map(read)),
  }`)}for (const { index, relevance_score } of (await response.json()).results)
  console.log(relevance_score.toFixed(3), files[index]);
`,
  video: what => `// Frames as JPEG files, for example: ffmpeg -i ${what.file ?? '/dev/video0'} -r 10 frames/%06d.jpg
import { readdir, readFile } from 'node:fs/promises';

for (const file of (await readdir('frames')).sort()) {
  const image = await readFile(\`frames/\${file}\`, 'base64');
${javascriptClassify(what, 'image').replace(/^(?=.)/gm, '  ')}  const { data } = await response.json();
  const [{ prediction, score }] = data;
  console.log(file, prediction, (100 * score).toFixed(1) + ' %');
}
`,
  models: what => `const url = ${quote(`${what.base}/v1/models`)};
const response = await fetch(url, { headers: ${javascriptHeaders(what)} });
if (!response.ok) throw new Error(await response.text());
for (const model of (await response.json()).data)
  console.log(model.id, model.state, model.precision, model.revision);
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// The OpenAI SDK for Python: embeddings, from which labels and ranks follow

function openaiClient({ base, hasKey }) {
  const key = hasKey ? 'os.environ["CLIP_API_KEY"]' : '"any"';
  return `client = OpenAI(base_url=${quote(`${base}/v1`)}, api_key=${key})\n`;
}

const openaiHead = (what, ...names) => `${pythonImports(what, ...names)}

import numpy
from openai import OpenAI

${openaiClient(what)}`;

const openaiRead = `def read(path, kind):
    return f"data:image/{kind};base64," + base64.b64encode(open(path, "rb").read()).decode()
`;

const openaiLabels = (what, indent = '') => `labels = ${long(what.labels, '')}
templates = ${long(templatesOf(what), '')}
sentences = [template.replace("{}", label) for label in labels for template in templates]
`.replace(/^(?=.)/gm, indent);

const openaiProbabilities = what => `texts = texts.reshape(len(labels), len(templates), -1).mean(axis=1)
texts /= numpy.linalg.norm(texts, axis=1, keepdims=True)
cosines = texts @ image
logits = ${(what.logitScale || 100).toPrecision(8)} * cosines  # the model's logit scale
probabilities = numpy.exp(logits - logits.max())
probabilities /= probabilities.sum()
for i in probabilities.argsort()[::-1]:
    print(f"{labels[i]} {probabilities[i]:.1%} (cosine {cosines[i]:.4f})")
`;

const openai = {
  classify: what => `${openaiHead(what, 'base64')}
${openaiRead}
${openaiLabels(what)}inputs = [read(${quote(what.image)}, ${quote(mime(what.image))}), *sentences]
response = client.embeddings.create(model=${quote(what.model)}, input=inputs)
image, *texts = numpy.array([item.embedding for item in response.data])
texts = numpy.array(texts)
${openaiProbabilities(what)}`,
  search: what => `${openaiHead(what, 'base64')}
${openaiRead}
files = ${long(what.files, '')}
query = ${what.image ? `read(${quote(what.image)}, ${quote(mime(what.image))})` : quote(what.text ?? 'a dog')}
images = [read(file, file.rsplit(".")[-1].lower().replace("jpg", "jpeg")) for file in files]
response = client.embeddings.create(model=${quote(what.model)}, input=[query, *images])
vectors = numpy.array([item.embedding for item in response.data])
cosines = vectors[1:] @ vectors[0]
for i in cosines.argsort()[::-1]:
    print(f"{cosines[i]:.3f} {files[i]}")
`,
  video: what => `${pythonImports(what, 'base64')}

import cv2
import numpy
from openai import OpenAI

${openaiClient(what)}
def embed(inputs):
    response = client.embeddings.create(model=${quote(what.model)}, input=inputs)
    return numpy.array([item.embedding for item in response.data])

${openaiLabels(what)}texts = embed(sentences).reshape(len(labels), len(templates), -1).mean(axis=1)
texts /= numpy.linalg.norm(texts, axis=1, keepdims=True)
video = cv2.VideoCapture(${what.file ? quote(what.file) : '0'})
while True:
    found, frame = video.read()
    if not found:
        break
    image = base64.b64encode(cv2.imencode(".jpg", frame)[1]).decode()
    cosines = texts @ embed([f"data:image/jpeg;base64,{image}"])[0]
    print(labels[cosines.argmax()], f"{cosines.max():.4f}")
`,
  models: what => `${what.hasKey ? 'import os\n\n' : ''}from openai import OpenAI

${openaiClient(what)}for model in client.models.list():
    print(model.id, model.state, model.precision, model.revision)
`,
};

const writers = { csharp, curl: curlOf, python, javascript, openai };

/** The path that a snippet calls; C# needs none of the HTTP port. */
export function pathOf(language, kind) {
  if (language === 'csharp') return undefined;
  if (kind === 'models') return '/v1/models';
  if (language === 'openai') return '/v1/embeddings';
  return kind === 'search' ? '/v1/rerank' : '/v1/classify';
}
