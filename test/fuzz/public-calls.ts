import mmapIo from '../../lib/compat/mmap-io/index.js';
import * as mapdirect from '../../lib/index.js';
import { mappingDeclarations, publicMembers } from '../support/declarations.js';
import { hintsFor, type Hints } from './hints.js';
import type { World } from './world.js';

/** One public function, method or property. */
export interface PublicCall {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  readonly hints: Hints;
  readonly isMethod: boolean;
  /** A right `this` of a method. */
  readonly owner: (world: World) => unknown;
  /** @param self - `this` of a method; a function ignores it. */
  readonly invoke: (self: unknown, args: readonly unknown[]) => unknown;
}

type Callable = (this: unknown, ...args: readonly unknown[]) => unknown;

// Calls that make files, threads, processes' locks or promises are slow, and less often.
const CHEAP = 40;
const SLOW = 1;
const slowMethods = /seal|Async|prefetch|resize|Stream|share|lock|residency|populate|deepPersist|close|register/i;

/** Arguments that would block this thread for good. */
function limited(name: string, args: readonly unknown[]): readonly unknown[] {
  if (name === 'wait') return [args[0], args[1], typeof args[2] === 'number' && args[2] > 1 ? 1 : (args[2] ?? 0)];
  if (name === 'acquire') return [args[0], { timeout: 0 }];
  return args;
}

function methodCalls(): PublicCall[] {
  const names = mappingDeclarations.flatMap(publicMembers);
  const listeners = ['on', 'once', 'off', 'addListener', 'removeListener'];
  return [...new Set([...names, ...listeners])].map((name) =>
    memberCall('mapping', name, slowMethods.test(name) ? SLOW : CHEAP, ({ mapping }) => mapping),
  );
}

/** The members of the objects that a mapping or a class of the package hands out. */
function handedOutCalls(): PublicCall[] {
  return Object.entries(mapdirect).flatMap(([name, value]): PublicCall[] => {
    if (!isClass(value) || value === mapdirect.Mapping) return [];
    const { prototype } = value as unknown as { prototype: object };
    const members = Object.getOwnPropertyNames(prototype).filter((member) => member !== 'constructor');
    return members.map((member) => memberCall(name, member, SLOW, (world) => world.anyOf(prototype)));
  });
}

function memberCall(owner: string, name: string, weight: number, ownerIn: (world: World) => unknown): PublicCall {
  return {
    name: `${owner}.${name}`,
    weight,
    hints: hintsFor(name),
    isMethod: true,
    owner: ownerIn,
    invoke: (self, args) => {
      const member: unknown = Reflect.get(self as object, name, self);
      return typeof member === 'function' ? (member as Callable).apply(self, [...limited(name, args)]) : member;
    },
  };
}

function functionCall(name: string, call: Callable, self: unknown, weight = SLOW): PublicCall {
  const short = name.slice(name.lastIndexOf('.') + 1);
  const isOfObject = ['files.', 'seals.', 'mmap-io.'].some((owner) => name.startsWith(owner));
  const hints = hintsFor(isOfObject ? name : short);
  const owner = (): undefined => undefined;
  return {
    name,
    weight,
    hints,
    isMethod: false,
    owner,
    invoke: (_self, args) => call.apply(self, [...limited(short, args)]),
  };
}

/** The functions of an exported object, the static methods of an exported class. */
function callsIn(name: string, owner: object): PublicCall[] {
  return Object.getOwnPropertyNames(owner).flatMap((key): PublicCall[] => {
    const value: unknown = Object.getOwnPropertyDescriptor(owner, key)?.value;
    if (key === 'guard' || key === 'prototype') return []; // guard(fs) would change node:fs of this process
    if (typeof value === 'function') return [functionCall(`${name}.${key}`, value as Callable, owner)];
    return key === 'promises' ? callsIn(`${name}.${key}`, value as object) : [];
  });
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && Object.hasOwn(value, 'prototype') && String(value).startsWith('class');
}

function exportedCalls(): PublicCall[] {
  return Object.entries(mapdirect).flatMap(([name, value]): PublicCall[] => {
    if (typeof value === 'function' && !isClass(value)) return [functionCall(name, value as Callable, undefined)];
    const construct = isClass(value)
      ? [
          functionCall(
            `new ${name}`,
            (...args) => new (value as unknown as new (...given: unknown[]) => unknown)(...args),
            value,
          ),
        ]
      : [];
    return name === 'constants' ? [] : [...construct, ...callsIn(name, value)];
  });
}

/** Every public call. A new member of the package is here without a change of this file. */
export const publicCalls: readonly PublicCall[] = [
  ...methodCalls(),
  ...handedOutCalls(),
  ...exportedCalls(),
  ...callsIn('mmap-io', mmapIo),
];
