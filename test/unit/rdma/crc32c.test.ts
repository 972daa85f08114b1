import { expect, test } from '@jest/globals';
import { crc32c } from '../../../lib/rdma/crc32c.js';

test.each([
  ['123456789', 0xe3069283], // the check value of the algorithm
  ['', 0],
  ['\0'.repeat(32), 0x8a9136aa], // RFC 3720, B.4
  ['\xff'.repeat(32), 0x62a8ab43],
])('%j', (text, crc) => {
  expect(crc32c(Buffer.from(text, 'latin1'))).toBe(crc);
});
