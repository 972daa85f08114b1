import type { Readable } from 'node:stream';

/** Calls `onFrame` for each `length` bytes of the stream. The memory of a frame is used again for the next one. */
export function readFrames(stream: Readable, length: number, onFrame: (frame: Buffer) => void): void {
  const frame = Buffer.alloc(length);
  let filled = 0;
  stream.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      const part = Math.min(length - filled, chunk.length - at);
      chunk.copy(frame, filled, at, at + part);
      at += part;
      filled += part;
      if (filled < length) continue;
      filled = 0;
      onFrame(frame);
    }
  });
}
