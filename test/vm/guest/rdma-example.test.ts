// The two programs of docs/rdma.md, over TLS: with another device and another host, and else as they are.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect } from '@jest/globals';
import { map } from '../../../lib/index.js';
import { codeBlocks } from '../../support/code-blocks.js';
import { ROOT } from '../../support/paths.js';
import { PAGE } from '../../support/sizes.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { flushRoce } from './rdma-guest.js';

const HOST = '127.0.0.1';
const PORT = 7000;
const RETRY = 50;
const LIMIT = 120_000;

const running: ChildProcess[] = [];
afterAll(() => running.forEach((child) => child.kill('SIGKILL')));

/** One certificate for both sides, which trust it. @returns the directory. */
function certificates(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rdma-example-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
  const name = ['-subj', '/CN=owner', '-addext', `subjectAltName=IP:${HOST}`];
  execFileSync('openssl', ['req', '-x509', ...key, ...name, '-out', 'cert.pem'], { cwd: directory, stdio: 'pipe' });
  execFileSync('cp', ['cert.pem', 'ca.pem'], { cwd: directory });
  return directory;
}

/** The program of the document with this name in its first line. Each change is made once at least. */
function program(name: string, changes: Readonly<Record<string, string>>): string {
  const block = codeBlocks('docs/rdma.md', 'js').find(({ code }) => code.startsWith(`// ${name}\n`));
  let code = block?.code ?? '';
  for (const [from, to] of Object.entries(changes)) {
    expect(code).toContain(from);
    code = code.replaceAll(from, to);
  }
  return code;
}

/** `require('mapdirect')` in the directory of the package finds the package itself. */
function start(code: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', code], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  return child;
}

async function isListening(): Promise<boolean> {
  const socket = connect(PORT, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

flushRoce.andUnless(spawnSync('openssl', ['version']).status === 0, 'no openssl', 'apt-get install openssl').test(
  'the owner and the client of docs/rdma.md: the record is in the memory of the owner, and comes back',
  async () => {
    const device = prepare(placeOf('device-dax-4K'));
    using memory = map(device, { length: PAGE });
    memory.fill(0);
    const directory = certificates();
    const files = Object.fromEntries(
      ['key.pem', 'cert.pem', 'ca.pem'].map((name) => [`'${name}'`, JSON.stringify(join(directory, name))]),
    );
    const owner = start(program('owner.js', { ...files, '/dev/dax0.0': device, '2 ** 30': String(2 ** 20) }));
    while (!(await isListening())) {
      expect(owner.exitCode).toBeNull();
      await delay(RETRY);
    }
    const client = start(program('client.js', { ...files, 'owner.example': HOST }));
    let said = '';
    client.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    expect(await once(client, 'exit')).toEqual([0, null]);
    expect(said).toBe('a record\n');
    expect(memory.buffer.toString('latin1', 0, 8)).toBe('a record');
  },
  LIMIT,
);
