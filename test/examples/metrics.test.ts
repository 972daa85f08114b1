// examples/metrics: the page, and the service that has it.
import { expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describeBackends } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const FOLDER = join(ROOT, 'examples', 'metrics');

/** A line of the format: a comment with the type, or a name, labels and a number. */
const LINE =
  /^(# TYPE [a-z_]+ (gauge|counter|histogram)|[a-z_]+(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? [\d.e+-]+)$/;

function linesOf(page: string): string[] {
  expect(page.endsWith('\n')).toBe(true);
  const lines = page.slice(0, -1).split('\n');
  expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
  return lines;
}

describeBackends('metrics()', (backend) => {
  test('is text for Prometheus, with mappings, flushes and errors', () => {
    const code = `import { metrics } from ${JSON.stringify(join(FOLDER, 'metrics.mjs'))};
      import { map } from ${JSON.stringify(join(ROOT, 'dist', 'lib', 'index.mjs'))};
      const mapping = map(${JSON.stringify(scratch.file(65536))}, { backend: 'emulated' }); // its flushes always count
      mapping.persist();
      try { map('missing/file'); } catch {}
      console.log(metrics().trimEnd());
      mapping.close();`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { ...cleanEnvironment(), MAPDIRECT_BACKEND: backend },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = linesOf(stdout);
    expect(lines).toEqual(
      expect.arrayContaining([
        'mapdirect_mappings{granularity="page"} 1',
        'mapdirect_mapped_bytes{granularity="page"} 65536',
        'mapdirect_flush_failures_total 0',
        'mapdirect_flush_seconds_bucket{le="+Inf"} 1',
        'mapdirect_flush_seconds_count 1',
        'mapdirect_errors_total{operation="map",code="ENOENT"} 1',
      ]),
    );
  });
});

test('the service counts a visit, and has the page', async () => {
  const args = [join(FOLDER, 'server.mjs'), scratch.path('visits.bin'), '0'];
  const child = spawn(process.execPath, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [address] = (await once(createInterface(child.stdout), 'line')) as [string];
    const visit = await fetch(new URL('/', address));
    expect(await visit.text()).toBe('visit 1\n');
    const page = await fetch(address);
    expect(linesOf(await page.text())).toContain('mapdirect_mappings{granularity="page"} 1');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
});
