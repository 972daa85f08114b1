'use strict';
// node --require redirect.cjs PROGRAM: a require() of one file gives another one. At the end of the process a line of
// JSON says how often, and how many calls of assert.equal() have passed.
// MAPDIRECT_TEST_REDIRECT: JSON, [from, to], both absolute paths.

const assert = require('node:assert');
const Module = require('node:module');

const [from, to] = JSON.parse(process.env.MAPDIRECT_TEST_REDIRECT);
const { _resolveFilename: resolve } = Module;
const { equal } = assert;
const count = { redirected: 0, asserted: 0 };

Module._resolveFilename = function (...args) {
  const found = resolve.apply(this, args);
  if (found !== from) return found;
  count.redirected++;
  return to;
};

assert.equal = (...args) => {
  equal(...args);
  count.asserted++;
};

process.on('exit', () => console.log(JSON.stringify(count)));
