'use strict';
// npm's "prepare": compiles TypeScript in a clone, and before packing. Some package managers also run it in an
// installed package, which has no TypeScript to compile.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');

if (existsSync(join(root, 'tsconfig.json'))) {
  const { status } = spawnSync('npm', ['run', 'build:ts'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
}
