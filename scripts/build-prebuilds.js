'use strict';
// npm run build:prebuilds [-- --arch x64] [--arch arm64] [--out FOLDER] [--twice]: makes the binaries that the package
// ships, FOLDER/prebuilds/linux-ARCH/mapdirect.glibc.node, with prebuildify. Default: both architectures, in this
// package. Each is built in a temporary folder, so build/ stays as it is. --twice: builds each again in another folder,
// and compares the bytes.

const { spawnSync } = require('node:child_process');
const { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { availableParallelism, tmpdir } = require('node:os');
const { dirname, join, resolve } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
const SOURCES = ['src-native', 'binding.gyp', 'package.json', join('node_modules', 'node-addon-api')];
const PREFIXES = { x64: 'x86_64-linux-gnu-', arm64: 'aarch64-linux-gnu-' }; // of Debian's cross compilers

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true, default: Object.keys(PREFIXES) },
    out: { type: 'string', default: root },
    twice: { type: 'boolean', default: false },
  },
});

/** The file that prebuildify makes; lib/backend/native/find-binary.ts looks for it. */
function binaryOf(arch, out) {
  return join(out, 'prebuilds', `linux-${arch}`, 'mapdirect.glibc.node');
}

function fail(message) {
  throw new Error(`build:prebuilds: ${message}`);
}

/** The headers of the running node, so that none are downloaded. They are the same for each architecture. */
function headers() {
  const prefix = join(dirname(process.execPath), '..');
  const isThere = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  return isThere && !process.env.npm_config_nodedir ? { npm_config_nodedir: prefix } : {};
}

function environment(arch) {
  const prefix = arch === process.arch ? '' : PREFIXES[arch];
  return {
    ...process.env,
    ...headers(),
    CC: `${prefix}gcc`,
    CXX: `${prefix}g++`,
    PREBUILD_STRIP_BIN: `${prefix}strip`,
    PREBUILD_LIBC: 'glibc',
    PREBUILD_NODE_GYP: join(root, 'node_modules', '.bin', 'node-gyp'),
    GYP_DEFINES: 'prebuilt=1 werror=1',
    JOBS: process.env.JOBS || String(availableParallelism()),
  };
}

/** Runs prebuildify in `tree`, and puts the binary below `out`. */
function prebuildify(arch, tree, out) {
  const script = join(root, 'node_modules', 'prebuildify', 'bin.js');
  const target = `--target=${process.versions.node}`; // of the headers. The binary uses Node-API, and serves all versions
  const options = ['--napi', '--strip', '--tag-libc', `--arch=${arch}`, target, `--cwd=${tree}`, `--out=${out}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...options], {
    env: environment(arch),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  fail(
    `no binary for ${arch}; it needs g++, make and python3, and for another CPU apt-get install g++-aarch64-linux-gnu`,
  );
}

function build(arch, out, name) {
  const tree = mkdtempSync(join(tmpdir(), name));
  try {
    for (const source of SOURCES) cpSync(join(root, source), join(tree, source), { recursive: true });
    prebuildify(arch, tree, out);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function compare(arch, out) {
  const other = mkdtempSync(join(tmpdir(), 'mapdirect-prebuilds-'));
  try {
    build(arch, other, 'mapdirect-another-folder-'); // a path of another length
    if (!readFileSync(binaryOf(arch, out)).equals(readFileSync(binaryOf(arch, other))))
      fail(`two builds of the same sources for ${arch} differ`);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
}

function main() {
  const out = resolve(values.out);
  for (const arch of values.arch) {
    if (!(arch in PREFIXES)) fail(`no binary is shipped for ${arch}; --arch is ${Object.keys(PREFIXES).join(' or ')}`);
    build(arch, out, 'mapdirect-prebuild-');
    if (values.twice) compare(arch, out);
    console.log(binaryOf(arch, out));
  }
}

main();
