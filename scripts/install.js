'use strict';
// The install step, of every package manager, and by hand: node scripts/install.js. It never fails: where no binary loads and none can be
// built, it says what that means.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { dirname, join } = require('node:path');

const root = join(__dirname, '..');
const compiled = join(root, 'dist', 'lib', 'backend');
// As many compilers at once as most machines have the memory for. JOBS, which node-gyp honours too, says otherwise.
const MOST_JOBS = 8;

function say(text) {
  console.log(`mapdirect: ${text}`);
}

function loads(path) {
  try {
    require(path);
    return true;
  } catch {
    return false;
  }
}

/** 'loads', 'missing', or 'broken': it is there and does not load. As the package itself tells them apart, where it is compiled. */
function binary() {
  if (!existsSync(join(compiled, 'native', 'load.js'))) {
    const built = join(root, 'build', 'Release', 'mapdirect.node'); // a clone, before its first "npm run build:ts"
    return existsSync(built) ? (loads(built) ? 'loads' : 'broken') : 'missing';
  }
  try {
    return 'addon' in require(join(compiled, 'native', 'load.js')).loadAddon() ? 'loads' : 'missing';
  } catch {
    return 'broken';
  }
}

/** node-gyp: what the package manager names, what is installed with us, what comes with node. undefined: the one on the PATH, if any. */
function nodeGyp() {
  const named = [process.env.npm_config_node_gyp];
  try {
    named.push(require.resolve('node-gyp/bin/node-gyp.js', { paths: [root] }));
  } catch {
    // not installed with us
  }
  named.push(
    join(
      dirname(process.execPath),
      '..',
      'lib',
      'node_modules',
      'npm',
      'node_modules',
      'node-gyp',
      'bin',
      'node-gyp.js',
    ),
  );
  return named.find((path) => path && existsSync(path));
}

/** The headers that came with this node, so that none are downloaded; empty where it came without, or other ones are named. */
function headers() {
  const prefix = join(dirname(process.execPath), '..');
  const isThere = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  return isThere && !process.env.npm_config_nodedir ? [`--nodedir=${prefix}`] : [];
}

/** @returns why it failed; undefined: it is built. */
function build() {
  const jobs = process.env.JOBS || String(Math.min(availableParallelism(), MOST_JOBS));
  const script = nodeGyp();
  const [program, ...args] = script === undefined ? ['node-gyp'] : [process.execPath, script];
  say(`compiling the native addon with ${jobs} compiler(s) at once; half a minute of one CPU.`);
  const { status, signal, error } = spawnSync(program, [...args, 'rebuild', '-j', jobs, ...headers()], {
    cwd: root,
    stdio: 'inherit',
    shell: false,
  });
  if (error?.code === 'ENOENT' && script === undefined) {
    return 'node-gyp was not found: not on the PATH, not with this package, not with node. Install it (npm install -g node-gyp)';
  }
  if (error) return `${program} did not start: ${error.message}`;
  return status === 0 ? undefined : `node-gyp ended with ${signal ?? `exit code ${status}`}, see above`;
}

const left = {
  missing: 'The emulation serves until it is.',
  broken:
    'The binary that is there does not load on this system: map() throws ERR_BACKEND_UNAVAILABLE. Set MAPDIRECT_BACKEND=emulated to go on without it.',
};

function remedy() {
  const path = join(compiled, 'remedy.js');
  if (!existsSync(path)) return 'With a C++17 compiler, make and python3 installed, run "npm run build:native".';
  const { buildRemedy, managerAt, managerOf } = require(path);
  return buildRemedy(root, managerOf(process.env.npm_config_user_agent) ?? managerAt(root));
}

function install() {
  if (process.platform !== 'linux')
    return say(`there is no native backend for ${process.platform}; the emulation serves.`);
  if (binary() === 'loads') return undefined;
  const failure = build();
  if (failure === undefined) return undefined;
  say(`the native addon could not be built: ${failure}. ${left[binary()] ?? ''}`);
  return say(remedy());
}

install();
