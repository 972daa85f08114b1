import { expect, test } from '@jest/globals';
import { switchedOn } from '../../../lib/core/switched-on.js';
import { thrown } from '../../support/errors.js';

test.each([
  [undefined, false],
  ['', false],
  ['0', false],
  ['false', false],
  ['1', true],
  ['true', true],
])('the value %p of a switch means %p', (value, on) => {
  expect(switchedOn('A_SWITCH', { A_SWITCH: value })).toBe(on);
});

test.each(['TRUE', 'yes', 'no', '2', ' 1'])('the value %p is an error that names the variable', (value) => {
  const error = thrown(() => switchedOn('A_SWITCH', { A_SWITCH: value }));
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('A_SWITCH') });
});
