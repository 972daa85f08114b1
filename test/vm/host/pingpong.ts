import path from 'node:path';
import { cached } from './cache.js';
import { kernelOf } from './kernel.js';
import { machinePackages } from './packages.js';
import { complaint, type Totals } from './report.js';
import { twoHosts } from './two-hosts.js';

const UTILITIES = 'ibverbs-utils';

/** The program, from its package. @throws Missing */
function pingpongProgram(): string {
  const name = `${UTILITIES}=${machinePackages.versionOf(UTILITIES)}`;
  return path.join(
    cached(name, (to) => machinePackages.fetch(name, to)),
    'usr/bin/ibv_rc_pingpong',
  );
}

/** The network of two hosts: RDMA works, is silent when a host is killed, and works again after its next boot. */
export async function pingpong(scratch: string, totals: Totals, say: (line: string) => void): Promise<void> {
  const program = pingpongProgram();
  const started = Date.now();
  const rdma = { series: '6.12', libraries: 'machine', memory: [] } as const;
  const [server, client] = twoHosts({ kernel: kernelOf(rdma.series), rdma, scratch, seconds: 300 });
  const serve = async (): Promise<string> =>
    complaint(await server.boot([['pingpong', program]])) ?? 'the server ended early';
  const clientEnd = client.boot([['pingpong', program, server.address]]);
  const clientFailure = clientEnd.then((end) => complaint(end) ?? 'the client ended early');

  /** Waits for a word of the client's, or the end of a guest. */
  const step = async (title: string, word: string, ...failures: Promise<string>[]): Promise<boolean> => {
    const heard = client.heard(new RegExp(`^vm-pingpong: ${word}$`)).then(() => undefined);
    const wrong = await Promise.race([heard, clientFailure, ...failures]);
    totals.judge(wrong === undefined);
    say(`two hosts: ${title}: ${wrong ?? 'passed'}`);
    return wrong === undefined;
  };
  const session = async (title: string): Promise<boolean> => {
    const serverFailure = serve();
    const isRight = await step(title, 'done', serverFailure);
    server.kill();
    await serverFailure;
    return isRight;
  };
  const isRight =
    (await session('RDMA from one to the other')) &&
    (await step('a killed host is silent', 'silence')) &&
    (await session('RDMA works again after its next boot'));
  say(`two hosts: ${isRight ? 'passed' : 'FAILED'}, ${((Date.now() - started) / 1000).toFixed(0)} s`);
  client.kill();
  await clientEnd;
}
