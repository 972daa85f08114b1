import { native } from '../support/backends.js';
import { hugePages, memoryInfo } from '../support/huge-pages.js';
import { inPrivate } from '../support/private-mounts.js';
import { expectDone } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { root } from '../support/skip.js';
import { runFault } from './run-fault.js';

const scratch = new Scratch();
const needs = native.and(root('mounting hugetlbfs')).and(hugePages(4));

needs.test('a file of huge pages that is cut: lost from the next huge page on', async () => {
  const through = [...inPrivate, 'sh', '-c', 'mount -t hugetlbfs none "$0" && exec "$@"', scratch.dir];
  const unit = 1024 * memoryInfo('Hugepagesize');
  expectDone(await runFault('huge-pages', [scratch.dir, String(unit)], { through }));
});
