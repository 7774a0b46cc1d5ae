// Unary gRPC-Web calls: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md

import { decode, encode } from './protobuf.js';

const TRAILERS = 0x80;
const KEY = 'clipgrpc.api-key';

export const Code = {
  invalidArgument: 3, deadlineExceeded: 4, notFound: 5, permissionDenied: 7, resourceExhausted: 8,
  unimplemented: 12, internal: 13, unavailable: 14, unauthenticated: 16,
};

const OF_HTTP_STATUS = {
  400: Code.internal, 401: Code.unauthenticated, 403: Code.permissionDenied, 404: Code.unimplemented,
  413: Code.resourceExhausted, 429: Code.unavailable, 502: Code.unavailable, 503: Code.unavailable,
  504: Code.unavailable,
};

export class RpcError extends Error {
  constructor(code, message, retryAfter) {
    super(message);
    this.code = code;
    /** Milliseconds, if the server names a time. */
    this.retryAfter = retryAfter;
  }

  /** Whether there was no server at all. */
  offline = false;
}

/** The key lives as long as the tab: it is in no cookie and on no disk. */
export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? '',
  set: key => key ? sessionStorage.setItem(KEY, key) : sessionStorage.removeItem(KEY),
};

/** @param method 'clipgrpc.v1.ClipService/Embed' */
export async function call(method, requestType, responseType, request, { signal, timeout = 60 } = {}) {
  const headers = {
    'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1', 'grpc-timeout': `${timeout}S`,
  };
  if (apiKey.get()) headers.authorization = `Bearer ${apiKey.get()}`;
  const response = await send(new URL(method, document.baseURI), {
    method: 'POST', headers, body: frame(encode(requestType, request)), signal, cache: 'no-store',
  });
  if (response.headers.has('grpc-status')) throwUnlessOk(name => response.headers.get(name));
  if (!response.ok) {
    throw new RpcError(
      OF_HTTP_STATUS[response.status] ?? Code.internal, `The server responded with HTTP status ${response.status}.`);
  }
  return decode(responseType, read(await body(response)));
}

async function send(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw lost(error);
  }
}

async function body(response) {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw lost(error);
  }
}

function lost(error) {
  if (error.name === 'AbortError') return error;
  return Object.assign(new RpcError(Code.unavailable, 'The server cannot be reached.'), { offline: true });
}

function frame(message) {
  const bytes = new Uint8Array(5 + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, 5);
  return bytes;
}

/** The message of the response, if its trailers say that the call succeeded. */
function read(bytes) {
  const view = new DataView(bytes.buffer);
  let message;
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = view.getUint32(at + 1);
    const content = bytes.subarray(at + 5, at + 5 + length);
    if (bytes[at] & TRAILERS) {
      const trailers = new Headers(new TextDecoder().decode(content).trim().split('\r\n').map(split));
      throwUnlessOk(name => trailers.get(name));
    } else {
      message = content;
    }
    at += 5 + length;
  }
  if (!message) throw new RpcError(Code.internal, 'The response has no message.');
  return message;
}

function split(line) {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function throwUnlessOk(get) {
  const code = Number(get('grpc-status'));
  if (code === 0) return;
  const pushback = get('grpc-retry-pushback-ms');
  throw new RpcError(
    code, decodeURIComponent(get('grpc-message') ?? '') || `The call failed with gRPC status ${code}.`,
    pushback === null ? undefined : Number(pushback));
}
