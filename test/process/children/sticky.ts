// Users in a directory that is sticky and that all users may write, as /tmp is. Run by root. Arguments: BACKEND,
// DIRECTORY, ROLE, more.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map, mapAsync } from '../../../lib/index.js';

const ATTACKER = 65534;
const VICTIM = 65533;

const [backend = 'native', dir = '', role = '', rounds = '1'] = process.argv.slice(2) as [
  'native' | 'emulated',
  string,
  string,
  string?,
];
const open = join(dir, 'open');
const home = join(dir, 'home');
const prey = join(home, 'prey');
const name = join(open, 'name');
const options = { create: true, size: 4096, backend } as const;

function become(user: number): void {
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
}

/** The addon is loaded while we may still read it. */
function prepareVictim(): void {
  map(join(dir, 'warm-up'), options).close();
  become(VICTIM);
}

function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // The other one was faster.
  }
}

const roles: Readonly<Record<string, () => void | Promise<void>>> = {
  /** A sticky directory for all, and one of the victim's own. */
  prepare() {
    chmodSync(dir, 0o755);
    mkdirSync(open);
    chmodSync(open, 0o1777);
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, VICTIM, VICTIM);
  },

  /** Makes and removes a link to where only the victim may make files, until it is killed. */
  linker() {
    become(ATTACKER);
    process.stdout.write('ready\n');
    for (;;) {
      attempt(() => symlinkSync(prey, name));
      attempt(() => unlinkSync(name));
    }
  },

  /** Makes its file so many times where the other one has its link, or has not. */
  maker() {
    prepareVictim();
    let made = 0;
    for (let round = 0; round < Number(rounds); round++) {
      attempt(() => {
        map(name, options).close();
        made++;
      });
      attempt(() => unlinkSync(name));
    }
    assert.deepEqual(readdirSync(home), []);
    assert.ok(made > 0, 'the race was never won, and proves nothing');
    process.stdout.write('done\n');
  },

  /** A file of another user that all users may read and write. */
  planter() {
    become(ATTACKER);
    writeFileSync(name, Buffer.alloc(4096, 'P'));
    chmodSync(name, 0o666);
    process.stdout.write('done\n');
  },

  /** Makes its file where another's is: as open(2) with O_CREAT has it. */
  async meeter() {
    prepareVictim();
    const refused = { code: 'EACCES', syscall: 'open', path: name, message: /fs\.protected_regular/ };
    assert.throws(() => map(name, options), refused);
    await assert.rejects(mapAsync(name, options), refused);
    {
      // Without create it is a plain open of an existing file.
      using mapping = map(name, { backend });
      assert.equal(mapping.view(0, 1).toString(), 'P');
      // And no second way in through a file that is mapped already.
      assert.throws(() => map(name, options), refused);
    }
    process.stdout.write('done\n');
  },
};

void roles[role]?.();
