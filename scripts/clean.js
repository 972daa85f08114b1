'use strict';
// npm run clean: removes build/, dist/, site/ and the binaries in prebuilds/, which the loader uses if build/ has none.

const { readdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const prebuilt = readdirSync(join(root, 'prebuilds'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join('prebuilds', name));

for (const folder of ['build', 'dist', 'site', ...prebuilt])
  rmSync(join(root, folder), { recursive: true, force: true });
