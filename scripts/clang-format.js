'use strict';
// --check: fails when clang-format would change a file of src-native or test/native/tables; --write: lets it.

const { spawnSync } = require('node:child_process');
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const sources = ['src-native', join('test', 'native', 'tables')]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)))
  .filter((name) => /\.(cc|h)$/.test(name));

const mode = process.argv[2] === '--write' ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync('clang-format', [...mode, ...sources], { stdio: 'inherit' });
if (error !== undefined) {
  console.error(`clang-format did not run (${error.code}); install it: apt-get install clang-format`);
}
process.exit(status ?? 2);
