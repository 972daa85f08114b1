'use strict';
// npm run test:asan: builds the addon with AddressSanitizer and UBSan and runs the suites that use it, then builds it plainly again.

const { execFileSync, spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');
const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status;

if (run('npx', ['node-gyp', 'rebuild', '--', '-Dwerror=1', '-Dsanitize=address,undefined']) !== 0) process.exit(1);

// AddressSanitizer makes munlock(2) do nothing.
const without = '^(?!.*lock and unlock reach the kernel)';
const library = (name) => execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
const suites = process.argv.length > 2 ? process.argv.slice(2) : ['conformance', 'large', 'bad-input', 'differential'];
const status = run(process.execPath, ['scripts/test.js', '--runInBand', '-t', without, ...suites], {
  LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
  // V8 and Node keep memory until exit on purpose. Its signal handlers are its own.
  ASAN_OPTIONS: 'detect_leaks=0:handle_segv=0:handle_sigbus=0:abort_on_error=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  MAPDIRECT_BACKEND: '',
});

const rebuilt = run('npx', ['node-gyp', 'rebuild', '--', '-Dwerror=1']);
process.exit(status || rebuilt);
