// Serves one mapped file over HTTP.
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { map } from 'mapdirect';
import { hasVersion, rangeOf } from './headers.mjs';

export class FileServer {
  server;
  #mapping;
  #etag;
  #log;
  #isStopping = false;

  /**
   * @param log - gets a line for each response that did not reach its end.
   * @throws the error of map(): there is no such file, or it is empty.
   */
  constructor(path, log = () => undefined) {
    this.#log = log;
    this.#mapping = map(path, { access: 'read' });
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    this.#etag = `"${[ino, size, mtimeNs].map((part) => part.toString(36)).join('-')}"`;
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  #answer(request, response) {
    const { method, headers } = request;
    response.setHeader('Accept-Ranges', 'bytes');
    if (method !== 'GET' && method !== 'HEAD') return this.#refuse(response, 405, { Allow: 'GET, HEAD' });
    // A part of the file was truncated away. Its bytes would be zeros.
    if (this.#isStopping || this.#mapping.faulted) return this.#refuse(response, 503);
    response.setHeader('ETag', this.#etag);
    if (hasVersion(headers['if-none-match'], this.#etag)) return this.#refuse(response, 304);
    const { length } = this.#mapping;
    const isSameVersion = headers['if-range'] === undefined || headers['if-range'] === this.#etag;
    const range = isSameVersion && method === 'GET' ? rangeOf(headers.range, length) : undefined;
    if (range === null) return this.#refuse(response, 416, { 'Content-Range': `bytes */${length}` });
    return this.#send(request, response, range);
  }

  /** A response without a body. */
  #refuse(response, status, headers) {
    response.writeHead(status, headers).end();
  }

  #send(request, response, range) {
    const { length } = this.#mapping;
    const { start, end } = range ?? { start: 0, end: length - 1 };
    const place = range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${length}` };
    response.writeHead(range === undefined ? 200 : 206, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': end - start + 1,
      ...place,
    });
    if (request.method === 'HEAD') return void response.end();
    // Copies, made as the client takes them. An error cuts the connection, so the client sees that bytes are missing.
    pipeline(this.#mapping.createReadStream({ start, end }), response, (error) => {
      if (error) this.#log(`${request.method} ${request.url}: ${error.code}`);
      else if (this.#isStopping) request.socket.end(); // it would be kept alive
    });
  }

  /** Takes no more requests, and waits for the responses that run: at most `patience` milliseconds. */
  async stop(patience) {
    this.#isStopping = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    const timer = setTimeout(() => this.#mapping.close(), patience); // ends the streams with ERR_MAPPING_CLOSED
    await this.#mapping.closeAsync();
    clearTimeout(timer);
    await closed;
  }
}
