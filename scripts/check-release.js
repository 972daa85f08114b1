'use strict';
// npm's "prepublishOnly": refuses to publish a package that lacks something a user needs. Prints each reason.

const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = process.argv[2] ?? join(__dirname, '..');
const BINARIES = ['x64', 'arm64'].map((arch) => join('prebuilds', `linux-${arch}`, 'mapdirect.glibc.node'));
const FIELDS = ['repository', 'bugs', 'homepage']; // npm publish --provenance compares the repository with the CI's

function reasons() {
  const description = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const isCompiled = existsSync(join(root, description.main));
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const isDated = new RegExp(`^## \\[?${description.version}\\]? .*\\d{4}-\\d{2}-\\d{2}`, 'm').test(changes);
  return [
    ...BINARIES.filter((path) => !existsSync(join(root, path))).map(
      (path) => `${path} is missing: npm run build:prebuilds`,
    ),
    ...FIELDS.filter((name) => !description[name]).map((name) => `package.json has no "${name}": write it down`),
    ...(isCompiled ? [] : [`${description.main} is missing: npm run build:ts`]),
    ...(isDated
      ? []
      : [`CHANGELOG.md has no heading "## ${description.version} - YYYY-MM-DD": give the version its date`]),
  ];
}

const found = reasons();
for (const reason of found) console.error(`not to be published: ${reason}`);
process.exitCode = found.length === 0 ? 0 : 1;
