'use strict';
// npm's install step. It never fails: where no binary loads and none can be built, the emulation serves and says why.

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');

function loads() {
  try {
    require('node-gyp-build')(root);
    return true;
  } catch {
    return false;
  }
}

function say(text) {
  console.log(`mapdirect: ${text}`);
}

if (process.platform !== 'linux') {
  say(`there is no native backend for ${process.platform}; the emulation serves.`);
} else if (!loads()) {
  // npm puts its own node-gyp on the PATH of install scripts.
  const built = spawnSync('node-gyp', ['rebuild'], { cwd: root, stdio: 'inherit', shell: false });
  if (built.status !== 0) {
    say('the native addon could not be built (see above); the emulation serves until it is.');
    say('To build it: install a C++17 compiler, make and python3, then run "npm rebuild mapdirect --foreground-scripts".');
  }
}
