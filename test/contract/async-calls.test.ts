// The list of asynchronous calls in test/support/async-calls.ts is complete: the types that users see say so.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { asyncCalls } from '../support/async-calls.js';
import { DIST, ROOT } from '../support/paths.js';

const index = join(DIST, 'lib', 'index.d.ts');
const program = ts.createProgram([index], {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  strict: true,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules', '@types')],
  noEmit: true,
});
const checker = program.getTypeChecker();

/** Promises, and what `for await` reads: streams. */
function isAwaited(type: ts.Type): boolean {
  return type.getProperties().some(({ name }) => name === 'then' || /^__@asyncIterator@/.test(name));
}

/** The name of a member as a user writes it behind the name of its object. */
function memberName({ name }: ts.Symbol): string {
  const [, symbol] = /^__@(\w+)@/.exec(name) ?? [];
  return symbol === undefined ? `.${name}` : `[Symbol.${symbol}]`;
}

/** The asynchronous calls in a type that has the name `name`: itself, and those of its members. */
function callsIn(name: string, type: ts.Type, at: ts.Node, depth = 2): string[] {
  const returned = type.getCallSignatures().map((signature) => signature.getReturnType());
  if (returned.length > 0) return returned.some(isAwaited) ? [name] : [];
  const declared = depth === 0 ? [] : type.getProperties().filter((member) => isOurs(member));
  return declared.flatMap((member) =>
    callsIn(`${name}${memberName(member)}`, checker.getTypeOfSymbolAtLocation(member, at), at, depth - 1),
  );
}

/** Declared by this package, and neither private nor protected. */
function isOurs(member: ts.Symbol): boolean {
  const [declaration] = member.getDeclarations() ?? [];
  if (declaration?.getSourceFile().fileName.startsWith(join(DIST, 'lib')) !== true) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
}

/** Of a class: the calls of an object under the name of the class, and the static ones as `Name.static`. */
function callsOfExport(symbol: ts.Symbol, at: ts.Node): string[] {
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  if ((target.flags & ts.SymbolFlags.Value) === 0) return [];
  const ofValue = callsIn(symbol.name, checker.getTypeOfSymbolAtLocation(target, at), at);
  const isClass = (target.flags & ts.SymbolFlags.Class) !== 0;
  return isClass ? [...ofValue, ...callsIn(symbol.name, checker.getDeclaredTypeOfSymbol(target), at)] : ofValue;
}

test('test/support/async-calls.ts has every public call that returns a promise or a stream', () => {
  const source = program.getSourceFile(index);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  expect(module).toBeDefined();
  const calls = checker.getExportsOfModule(module!).flatMap((symbol) => callsOfExport(symbol, source!));
  expect(calls.length).toBeGreaterThan(14);
  expect([...new Set(calls)].sort()).toEqual(Object.keys(asyncCalls).sort());
});
