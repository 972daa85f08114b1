'use strict';

/** Jest over the compiled tests: what runs is what ships, and every Node version runs the same files. */
module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 180_000,
  maxWorkers: 2,
};
