// The guest machine runs suites of this tree, which its configurations name by path.
import { expect, test } from '@jest/globals';
import { configurations, directConfigurations, sealConfigurations, unmatchedPatterns } from '../vm/host/matrix.js';
import { rdmaConfigurations } from '../vm/host/rdma-matrix.js';

test.each([...configurations, ...sealConfigurations, ...directConfigurations, ...rdmaConfigurations])(
  'every pattern of the guest "$name" matches a suite',
  (configuration) => {
    expect(unmatchedPatterns(configuration)).toEqual([]);
  },
);

test('a pattern without a suite is found', () => {
  const [first] = configurations;
  if (first === undefined) throw new Error('there is no configuration');
  const suites = { 'ext4-dax': ['dist/test/conformance/no-such-suite'] };
  expect(unmatchedPatterns({ ...first, suites })).toEqual(['dist/test/conformance/no-such-suite']);
});
