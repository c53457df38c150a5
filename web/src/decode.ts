// Arrays travel as base64 of little-endian bytes; every machine with a browser is little-endian.

export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function float32(base64: string): Float32Array {
  const bytes = bytesOf(base64);
  return new Float32Array(bytes.buffer, 0, bytes.byteLength >> 2);
}

export function uint32(base64: string): Uint32Array {
  const bytes = bytesOf(base64);
  return new Uint32Array(bytes.buffer, 0, bytes.byteLength >> 2);
}

export function int8(base64: string): Int8Array {
  return new Int8Array(bytesOf(base64).buffer);
}

export async function gunzip(base64: string): Promise<Uint8Array> {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
