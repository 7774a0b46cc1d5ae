// Protocol Buffers for the messages of api.js: a message is { field: [number, type, label] }, a type is a scalar's name
// or another message, a label is 'repeated', 'optional' (undefined when absent) or nothing (zero when absent).

const VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;
const WIRE = {
  string: LENGTH, bytes: LENGTH, float: FIXED32, uint32: VARINT, uint64: VARINT, enum: VARINT, bool: VARINT,
};
const ZERO = { string: '', float: 0, uint32: 0, uint64: 0, enum: 0, bool: false };

const text = { encoder: new TextEncoder(), decoder: new TextDecoder() };

export function encode(message, value) {
  const writer = new Writer();
  for (const [name, [number, type, label]] of Object.entries(message)) {
    const field = value[name];
    if (field === undefined || field === null) continue;
    for (const item of label === 'repeated' ? field : [field]) {
      if (label === undefined && item === ZERO[type]) continue;
      writer.varint(number << 3 | (WIRE[type] ?? LENGTH));
      writer.value(type, item);
    }
  }
  return writer.bytes();
}

export function decode(message, bytes) {
  const reader = new Reader(bytes);
  const result = {};
  const byNumber = new Map();
  for (const [name, [number, type, label]] of Object.entries(message)) {
    byNumber.set(number, { name, type, label });
    if (label === 'repeated') result[name] = [];
    else if (label === undefined && type in ZERO) result[name] = ZERO[type];
  }
  while (!reader.isAtEnd()) {
    const tag = reader.varint();
    const wire = tag & 7;
    const field = byNumber.get(tag >>> 3);
    if (!field) reader.skip(wire);
    else if (field.label !== 'repeated') result[field.name] = reader.value(field.type);
    else if (wire === LENGTH && WIRE[field.type] !== LENGTH && typeof field.type === 'string')
      result[field.name].push(...reader.packed(field.type));
    else result[field.name].push(reader.value(field.type));
  }
  return result;
}

class Writer {
  #parts = [];

  varint(value) {
    const bytes = [];
    while (value > 127) {
      bytes.push(value % 128 | 128);
      value = Math.floor(value / 128);
    }
    bytes.push(value);
    this.#parts.push(Uint8Array.from(bytes));
  }

  value(type, value) {
    if (typeof type === 'object') this.#delimited(encode(type, value));
    else if (type === 'string') this.#delimited(text.encoder.encode(value));
    else if (type === 'bytes') this.#delimited(value);
    else if (type === 'float') this.#parts.push(new Uint8Array(new Float32Array([value]).buffer));
    else this.varint(Number(value));
  }

  bytes() {
    const all = new Uint8Array(this.#parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #delimited(bytes) {
    this.varint(bytes.length);
    this.#parts.push(bytes);
  }
}

class Reader {
  #bytes;
  #view;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  isAtEnd() {
    return this.#at >= this.#bytes.length;
  }

  // Numbers of this API are below 2^53; a negative enum or int64 does not occur in it.
  varint() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('The message ends in the middle of a number.');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  value(type) {
    if (typeof type === 'object') return decode(type, this.#delimited());
    switch (type) {
      case 'string': return text.decoder.decode(this.#delimited());
      case 'bytes': return this.#delimited();
      case 'bool': return this.varint() !== 0;
      case 'float':
        this.#at += 4;
        return this.#view.getFloat32(this.#at - 4, true);
      default: return this.varint();
    }
  }

  *packed(type) {
    const end = this.varint() + this.#at;
    while (this.#at < end) yield this.value(type);
  }

  skip(wire) {
    if (wire === VARINT) this.varint();
    else if (wire === LENGTH) this.#delimited();
    else this.#at += wire === FIXED64 ? 8 : 4;
  }

  #delimited() {
    const length = this.varint();
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('The message is not complete.');
    return this.#bytes.subarray(start, this.#at);
  }
}
