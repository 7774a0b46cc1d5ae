// Classifies images: `npm run example -- http://localhost:50051 dog,pizza,umbrella photos/*.jpg`
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ClipService, ErrorInfoSchema, RetryInfoSchema } from "./index.js";

const [address = "http://localhost:50051", labels = "dog,pizza,umbrella", ...paths] = process.argv.slice(2);

/** Retries unary calls that the server turned away, after the time it names, within the deadline of the call. */
const retries: Interceptor = (next) => async (request) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(request);
    } catch (error) {
      const wait = request.stream ? undefined : retryAfter(ConnectError.from(error), attempt);
      if (wait === undefined) throw error;
      await sleep(wait, undefined, { signal: request.signal }).catch(() => Promise.reject(error));
    }
  }
};

function retryAfter(error: ConnectError, attempt: number): number | undefined {
  if (error.metadata.get("grpc-retry-pushback-ms")?.startsWith("-") || attempt > 5) return undefined;
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay) return Number(delay.seconds) * 1000 + delay.nanos / 1e6;
  return error.code === Code.Unavailable ? 200 * 2 ** attempt : undefined;
}

const clip = createClient(ClipService, createGrpcTransport({ baseUrl: address, interceptors: [retries] }));
try {
  const images = await Promise.all(
    paths.map(async (path) => ({ kind: { case: "encoded" as const, value: await readFile(path) } })),
  );
  const { results } = await clip.classify(
    { images, labels: { case: "labelSet", value: { labels: labels.split(",") } } },
    { timeoutMs: 30_000 },
  );
  for (const [index, { predictions, error }] of results.entries()) {
    console.log(paths[index], error?.message ?? predictions.map((p) => `${p.label} ${p.probability.toFixed(3)}`).join(", "));
  }
} catch (error) {
  const failed = ConnectError.from(error);
  console.error(failed.message, failed.findDetails(ErrorInfoSchema)[0]?.reason ?? "");
  process.exitCode = 1;
}
