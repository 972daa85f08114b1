'use strict';
// npm's install step. It never fails: where no binary loads and none can be built, it says what that means.

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');

/** 'loads', 'missing', or 'broken': it is there and does not load. As lib/backend/load.ts tells them apart. */
function binary() {
  try {
    require('node-gyp-build')(root);
    return 'loads';
  } catch (error) {
    return error.message.startsWith('No native build was found') ? 'missing' : 'broken';
  }
}

const left = {
  missing: '; the emulation serves until it is.',
  broken: ', and the binary that is there does not load on this system: map() throws ERR_BACKEND_UNAVAILABLE. Set MAPDIRECT_BACKEND=emulated to go on without it.',
};

function say(text) {
  console.log(`mapdirect: ${text}`);
}

if (process.platform !== 'linux') {
  say(`there is no native backend for ${process.platform}; the emulation serves.`);
} else if (binary() !== 'loads') {
  // npm puts its own node-gyp on the PATH of install scripts.
  const built = spawnSync('node-gyp', ['rebuild'], { cwd: root, stdio: 'inherit', shell: false });
  if (built.status !== 0) {
    say(`the native addon could not be built (see above)${left[binary()] ?? '.'}`);
    say('To build it: install a C++17 compiler, make and python3, then run "npm rebuild mapdirect --foreground-scripts".');
  }
}
