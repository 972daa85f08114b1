/** Tests that do not run on the emulated CPU, each with the reason. */
export interface LeftOut {
  readonly reason: string;
  /** Parts of the full names of tests. Each must be part of at least one. */
  readonly names: readonly string[];
}

/** Measured with QEMU 7.2. The remedy for all: run the tests on a machine with an arm64 CPU. */
export const leftOut: readonly LeftOut[] = [
  {
    reason: 'qemu-user translates the flags of mmap(2) that it knows, and drops the others',
    names: [
      'every bit of flags, as mmap(2) itself has it',
      "a flag that is not known (native) access 'write'",
      'a flag that is not known (native) flags of a mapping',
      'huge pages when too few are free',
    ],
  },
  {
    reason: 'qemu-user answers most advice of madvise(2) by itself, and the kernel never hears of it',
    names: [
      'pages of a private mapping are brought in without a copy read, populate',
      'MAP_POPULATE: present',
      'read, MAP_POPULATE, reserve',
      'mmap() of memory and of a writable copy',
      'pages that cannot be had are an error and no signal writable',
      'pages that cannot be had are an error and no signal end',
      'pages that cannot be had are an error and no signal full',
      'resize (native) options of map() hold for pages that are grown in its reserve advice',
      'resize (native) options of map() hold for pages that are grown to another place advice',
      "paging (native) advise 'remove' makes a hole",
      'paging (native) prefetch and populate pages are there afterwards',
      "an error names the file as the mapping's own caller did (native) also where stores were lost",
    ],
  },
  {
    reason: 'qemu-user refuses mlock2(2) with MLOCK_ONFAULT',
    names: [
      'read, lock: present',
      'copy, lock: present',
      'MAP_LOCKED: present',
      'the flags are shown as they were given, and hold for pages that resize() adds',
      "lock() of access 'read' brings",
      "lock() of access 'copy' brings",
      'lock() of memory that may not be touched',
      'lock() of pages that cannot be had is EFAULT',
      '{"access":"copy","reserve":24576} lock',
      '{"access":"read","reserve":24576} lock',
    ],
  },
  {
    reason: 'qemu-user ends with a failed assertion of its own (cpu == current_cpu) at these faults',
    names: ['a cause that has changed before the guard asks for it'],
  },
  {
    reason: 'qemu-user maps code of the program without PROT_EXEC',
    names: ['given prot 5, flags 2: r-xp', 'given prot 4, flags 2: --xp', 'given prot 5, flags 1: r-xs'],
  },
  {
    reason: 'it takes more than half a minute, and tests the kernel of this machine',
    names: ["blocks set aside for copy on write are given back by prepare: 'allocate', so that no store moves"],
  },
  {
    reason: 'it tests leases against seconds of the clock: the emulated CPU is too slow',
    names: ["the kernel's leases, without us", 'a lease against strangers'],
  },
];
