'use strict';
// The install step of every package manager. By hand: node scripts/install.js. It never fails: if no binary loads and
// none can be built, it prints the consequences and the remedy. With npm's --build-from-source it builds in any case.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { dirname, join } = require('node:path');

const root = join(__dirname, '..');
const compiled = join(root, 'dist', 'lib', 'backend');
// Compilers that run at the same time: most machines have the memory for this many. JOBS, as in node-gyp, overrides it.
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

/**
 * The state of the binary. 'broken': it exists and does not load. The package's own loader decides, if it is compiled.
 */
function binary() {
  if (!existsSync(join(compiled, 'native', 'load.js'))) {
    const built = join(root, 'build', 'Release', 'mapdirect.node'); // in a clone before its first "npm run build:ts"
    return existsSync(built) ? (loads(built) ? 'loads' : 'broken') : 'missing';
  }
  try {
    return 'addon' in require(join(compiled, 'native', 'load.js')).loadAddon() ? 'loads' : 'missing';
  } catch {
    return 'broken';
  }
}

/** The node-gyp of the package manager, of our node_modules, or of node. undefined: use node-gyp of the PATH. */
function nodeGyp() {
  const candidates = [process.env.npm_config_node_gyp];
  try {
    candidates.push(require.resolve('node-gyp/bin/node-gyp.js', { paths: [root] }));
  } catch {
    // it is not in our node_modules
  }
  const npm = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm');
  candidates.push(join(npm, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'));
  return candidates.find((path) => path && existsSync(path));
}

/**
 * The option for the headers of this node, so that none are downloaded. Empty: it has none, or others are configured.
 */
function headers() {
  const prefix = join(dirname(process.execPath), '..');
  const isThere = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  return isThere && !process.env.npm_config_nodedir ? [`--nodedir=${prefix}`] : [];
}

/** Compiles the addon. Returns the reason if that failed. */
function build() {
  const jobs = process.env.JOBS || String(Math.min(availableParallelism(), MOST_JOBS));
  const script = nodeGyp();
  const [program, ...args] = script === undefined ? ['node-gyp'] : [process.execPath, script];
  say(`compiling the native addon with ${jobs} compiler(s) at once; it takes half a minute of one CPU.`);
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

const CONSEQUENCES = {
  missing: 'The emulation serves until it is built.',
  broken:
    'The existing binary does not load on this system: map() throws ERR_BACKEND_UNAVAILABLE. ' +
    'Set MAPDIRECT_BACKEND=emulated to go on without it.',
};

function remedy() {
  const path = join(compiled, 'remedy.js');
  if (!existsSync(path)) return 'With a C++17 compiler, make and python3 installed, run "npm run build:native".';
  const { buildRemedy, managerAt, managerOf } = require(path);
  return buildRemedy(root, managerOf(process.env.npm_config_user_agent) ?? managerAt(root));
}

function install() {
  if (process.platform !== 'linux') {
    say(`there is no native backend for ${process.platform}; the emulation serves.`);
    return;
  }
  if (binary() === 'loads' && !process.env.npm_config_build_from_source) return;
  const failure = build();
  if (failure === undefined) return;
  say(`the native addon could not be built: ${failure}. ${CONSEQUENCES[binary()] ?? ''}`);
  say(remedy());
}

install();
