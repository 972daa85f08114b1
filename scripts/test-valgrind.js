'use strict';
// npm run test:valgrind [-- --cycles N --only PART]: runs lives of mappings (test/process/children/memory-cycles.ts)
// under valgrind; PART is a part of the name of some lives. It fails on lost memory and on an invalid access if the
// stack names mapdirect.node. The other reports are about Node.js and V8, which keep memory until the end and look at
// their stack on purpose: no suppression is needed.

const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
const SKIPPED = 2;
const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '50' }, only: { type: 'string', default: '' } },
});

const VALGRIND = [
  '--smc-check=all-non-file', // V8 writes code
  '--leak-check=full',
  '--show-leak-kinds=definite',
  '--num-callers=40',
  '--xml=yes',
];

function count(passed, failed, skipped) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}

/** The reports whose stack names the addon. A report ends with its stacks. */
function ours(xml) {
  return (xml.match(/<error>[^]*?<\/error>/g) ?? []).filter((report) => report.includes('/mapdirect.node<'));
}

function shown(report) {
  const what = /<(?:what|text)>(.*?)</.exec(report)?.[1] ?? '';
  const frames = [...report.matchAll(/<fn>(.*?)<\/fn>/g)].slice(0, 12).map(([, name]) => `    ${name}`);
  return [`failed: ${what}`, ...frames].join('\n');
}

function check(scratch) {
  const file = join(scratch, 'report.xml');
  const script = join(root, 'dist', 'test', 'process', 'children', 'memory-cycles.js');
  const program = [process.execPath, '--expose-gc', script, scratch, values.cycles, values.only];
  const { status, stdout, stderr } = spawnSync('valgrind', [...VALGRIND, `--xml-file=${file}`, ...program], {
    encoding: 'utf8',
    env: { ...process.env, MAPDIRECT_BACKEND: 'native' },
  });
  const xml = readFileSync(file, 'utf8');
  const reports = ours(xml);
  for (const report of reports) console.log(shown(report));
  const isComplete = status === 0 && stdout === 'done\n' && xml.includes('</valgrindoutput>');
  if (!isComplete)
    console.log(`failed: the program did not come to its end (exit code ${status}):\n${stdout}${stderr}`);
  const failed = reports.length + (isComplete ? 0 : 1);
  count(failed === 0 ? 1 : 0, failed, 0);
  return failed === 0 ? 0 : 1;
}

function main() {
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    console.log('skipped: there is no valgrind; apt-get install valgrind');
    return SKIPPED;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-valgrind-'));
  try {
    return check(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = main();
