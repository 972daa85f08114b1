'use strict';
// --check: fails if clang-format would change a C++ file of src-native or test/native/tables. --write: changes the
// files.

const { spawnSync } = require('node:child_process');
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const MODES = { '--check': ['--dry-run', '--Werror'], '--write': ['-i'] };

function sourcesOf(folder) {
  const names = readdirSync(join(root, folder), { recursive: true });
  return names.filter((name) => /\.(cc|h)$/.test(name)).map((name) => join(root, folder, name));
}

function main(word) {
  const mode = MODES[word];
  if (mode === undefined) {
    console.error('Usage: node scripts/clang-format.js --check | --write');
    return 2;
  }
  const sources = ['src-native', join('test', 'native', 'tables')].flatMap(sourcesOf);
  const { status, error } = spawnSync('clang-format', [...mode, ...sources], { stdio: 'inherit' });
  if (error !== undefined)
    console.error(`clang-format did not run (${error.code}); install it: apt-get install clang-format`);
  return status ?? 2;
}

process.exitCode = main(process.argv[2]);
