'use strict';
// Removes what the builds made: dist/, and the binaries of prebuilds/, which would be loaded where build/ has none.

const { readdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const folders = readdirSync(join(root, 'prebuilds'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
for (const path of ['dist', ...folders.map(({ name }) => join('prebuilds', name))])
  rmSync(join(root, path), { recursive: true, force: true });
