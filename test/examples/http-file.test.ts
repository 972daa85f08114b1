// examples/http-file: the server in a process of its own, with real clients on the loopback interface.
import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { describeBackends, native, type BackendUnderTest } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { Scratch } from '../support/scratch.js';
import { exampleFile, runProgram } from './run-program.js';

const scratch = new Scratch();
const LENGTH = 100_000;
/** More than the buffers of a connection hold, so a client that reads nothing keeps the response unfinished. */
const LARGE = 64 * 2 ** 20;

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly said: { stdout: string; stderr: string };
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

async function serve(path: string, backend: BackendUnderTest, patience = 1e8): Promise<Server> {
  const main = exampleFile('http-file', 'main.mjs');
  const child = spawn(process.execPath, [main, path, '0', String(patience)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), MAPDIRECT_BACKEND: backend },
  });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line') as Promise<[string]>;
  lines.on('line', (line) => (said.stdout += `${line}\n`));
  const end = once(child, 'close') as Promise<[number | null]>;
  const [line] = await Promise.race([first, end.then(() => Promise.reject(new Error(`no server: ${said.stderr}`)))]);
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = await end;
    running.delete(child);
    return code;
  };
  return { child, port: Number(/:(\d+)\//.exec(line)?.[1]), said, stop };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly response: IncomingMessage;
}

/** Sends a request. The body is not read yet. */
async function ask({ port }: Server, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const sent = request({ port, host: '127.0.0.1', method, headers, agent: new Agent({ keepAlive: true }) });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.on('error', () => undefined); // a connection that is cut is told by the response, too
  return { status: response.statusCode, headers: response.headers, response };
}

describeBackends('a mapped file over HTTP', (backend) => {
  test('the whole file, parts of it, and versions', async () => {
    const path = scratch.file(LENGTH);
    const bytes = readFileSync(path);
    const server = await serve(path, backend);

    const whole = await ask(server);
    expect(whole.status).toBe(200);
    expect(whole.headers).toMatchObject({ 'content-length': String(LENGTH), 'accept-ranges': 'bytes' });
    expect((await buffer(whole.response)).equals(bytes)).toBe(true);
    const etag = String(whole.headers.etag);
    expect(etag).toMatch(/^"[\w-]+"$/);

    const parts: [string, number, number][] = [
      ['bytes=0-0', 0, 0],
      ['bytes=1000-1999', 1000, 1999],
      ['bytes=99990-', 99_990, LENGTH - 1],
      ['bytes=99990-1000000', 99_990, LENGTH - 1],
      ['bytes=-10', LENGTH - 10, LENGTH - 1],
      ['bytes=-1000000', 0, LENGTH - 1],
    ];
    for (const [range, start, end] of parts) {
      const part = await ask(server, { Range: range });
      expect([range, part.status, part.headers['content-range']]).toEqual([
        range,
        206,
        `bytes ${start}-${end}/${LENGTH}`,
      ]);
      expect((await buffer(part.response)).equals(bytes.subarray(start, end + 1))).toBe(true);
    }

    const others: [Record<string, string>, string, number, number][] = [
      [{ Range: `bytes=${LENGTH}-` }, 'GET', 416, 0],
      [{ Range: 'bytes=-0' }, 'GET', 416, 0],
      [{ Range: 'bytes=5-2' }, 'GET', 200, LENGTH],
      [{ Range: 'bytes=0-1,5-6' }, 'GET', 200, LENGTH],
      [{ Range: 'lines=0-1' }, 'GET', 200, LENGTH],
      [{ Range: 'bytes=0-9', 'If-Range': etag }, 'GET', 206, 10],
      [{ Range: 'bytes=0-9', 'If-Range': '"another"' }, 'GET', 200, LENGTH],
      [{ 'If-None-Match': etag }, 'GET', 304, 0],
      [{ 'If-None-Match': `"another", W/${etag}` }, 'GET', 304, 0],
      [{ 'If-None-Match': '*' }, 'HEAD', 304, 0],
      [{ 'If-None-Match': '"another"' }, 'GET', 200, LENGTH],
      [{}, 'HEAD', 200, 0],
      [{}, 'DELETE', 405, 0],
    ];
    for (const [headers, method, status, length] of others) {
      const answer = await ask(server, headers, method);
      const body = await buffer(answer.response);
      expect([headers, method, answer.status, body.length]).toEqual([headers, method, status, length]);
    }

    expect(await server.stop()).toBe(0);
    expect(server.said).toEqual({
      stdout: `http://127.0.0.1:${server.port}/ serves ${path}\nstopped\n`,
      stderr: '',
    });
  });

  test('a response that runs at the end of the server is finished', async () => {
    const server = await serve(scratch.sparse(LARGE), backend);
    const { response } = await ask(server);
    const stopped = server.stop();
    expect((await buffer(response)).length).toBe(LARGE);
    expect(await stopped).toBe(0);
    expect(server.said.stderr).toBe('');
  });

  test('a client that does not read is cut off after the patience, and is not sent zeros', async () => {
    const server = await serve(scratch.sparse(LARGE), backend, 0);
    const { response } = await ask(server);
    expect(await server.stop()).toBe(0);
    expect(server.said.stderr).toBe('GET /: ERR_MAPPING_CLOSED\n');
    await expect(buffer(response)).rejects.toThrow(/aborted/);
  });
});

native.test('a truncation cuts the response off, with or without a beginning, and the next one is 503', async () => {
  const path = scratch.file(LENGTH);
  const server = await serve(path, 'native');
  truncateSync(path, 8192);
  await expect(ask(server).then(({ response }) => buffer(response))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await ask(server)).status).toBe(503);
  expect(await server.stop()).toBe(0);
  expect(server.said.stderr).toBe('GET /: ERR_MAPPING_FAULT\n');
});

describe('wrong arguments are refused with a sentence', () => {
  test.each([
    [[], 'usage: node main.mjs FILE [PORT] [PATIENCE_MS]\n'],
    [['file', '65536'], "PORT must be 0 to 65535, not '65536'\n"],
    [['file', '0', '-1'], "PATIENCE_MS must be a whole number, not '-1'\n"],
    [['missing/file', '0'], /^ENOENT: .*there is no directory/],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = runProgram('http-file', 'main.mjs', args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
