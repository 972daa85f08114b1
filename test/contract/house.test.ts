import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { ROOT } from '../support/paths.js';

// The plan of the house: each rule that ARCHITECTURE.md states about the place of a file is checked here.

const LIB = join(ROOT, 'lib');
const MOST_LINES = 400;

const names = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const sources = new Map(
  names.map((name) => {
    const text = readFileSync(join(LIB, name), 'utf8');
    return [name, ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)] as const;
  }),
);

/** The file of lib that a relative specifier means. */
function targetOf(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return normalize(join(dirname(from), specifier.replace(/\.js$/, '.ts')));
}

/** The files of lib that a file imports, for types or for values. */
function importsOf(name: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const module =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
            ? node.arguments[0]
            : undefined;
    const target = module !== undefined && ts.isStringLiteral(module) ? targetOf(name, module.text) : undefined;
    if (target !== undefined) found.push(target);
    ts.forEachChild(node, visit);
  };
  visit(sources.get(name)!);
  return found;
}

/** The names that a file declares and exports. */
function exportedNames(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    const isExported = ts.canHaveModifiers(statement)
      ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
      : false;
    if (!isExported) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
    }
    const { name } = statement as ts.DeclarationStatement;
    return name === undefined ? [] : [name.text];
  });
}

/** Paths of an import cycle that passes through a file, or undefined. */
function cycleThrough(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>();
  const queue = [[start]];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of graph.get(path.at(-1)!) ?? []) {
      if (next === start) return [...path, start];
      if (!seen.has(next)) queue.push([...path, next]);
      seen.add(next);
    }
  }
  return undefined;
}

test('the top level of lib/ holds the functions that index.ts exports, and nothing else', () => {
  const faces = sources.get('index.ts')!.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
    const { elements } = statement.exportClause as ts.NamedExports;
    const hasValue = elements.some(({ isTypeOnly }) => !isTypeOnly) && !statement.isTypeOnly;
    const target = targetOf('index.ts', (statement.moduleSpecifier as ts.StringLiteral).text)!;
    return hasValue && !target.includes('/') ? [target] : [];
  });
  const there = readdirSync(LIB).filter((name) => name.endsWith('.ts') && name !== 'index.ts');
  expect(there.sort()).toEqual(faces.sort());
});

test('no file of lib/ imports itself through others, types included', () => {
  const graph = new Map(names.map((name) => [name, importsOf(name)]));
  expect([...graph.values()].flat().length).toBeGreaterThan(400);
  const cycles = names.map((name) => cycleThrough(name, graph)).filter((cycle) => cycle !== undefined);
  expect(cycles.map((cycle) => cycle.join(' -> '))).toEqual([]);
});

test(`no file of lib/ has more than ${MOST_LINES} lines`, () => {
  const long = [...sources].map(([name, source]) => [name, source.text.split('\n').length - 1] as const);
  expect(long.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
});

test('no exported name has two meanings', () => {
  const places = new Map<string, string[]>();
  for (const [file, source] of sources) {
    // The overloads of a function are one meaning.
    for (const name of new Set(exportedNames(source))) places.set(name, [...(places.get(name) ?? []), file]);
  }
  expect(places.size).toBeGreaterThan(300);
  // map() of the package, and the map() of a backend that Backend.map() is, are members, not exports.
  expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
});

describe('ARCHITECTURE.md', () => {
  const document = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');

  test.each(['lib', 'src-native', 'test', 'bench'])('names every folder of %s', (top) => {
    const files = readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const folders = [...new Set(files.map(({ parentPath }) => relative(ROOT, parentPath)))].filter(
      (folder) => !folder.includes('node_modules'),
    );
    expect(folders.length).toBeGreaterThan(3);
    expect(folders.filter((folder) => !document.includes(`${folder}/`)).sort()).toEqual([]);
  });

  test('names only files that are there', () => {
    const paths = document.matchAll(/\b(?:lib|src-native|test|bench|scripts|docs)\/[\w./-]*\.(?:ts|cc|h|js|md|c)\b/g);
    const named = [...new Set(Array.from(paths, ([path]) => path))];
    expect(named.length).toBeGreaterThan(20);
    const missing = named.filter((path) => {
      try {
        return readFileSync(join(ROOT, path)).length === 0;
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
  });

  test('answers twenty questions, each with a file that has the name to look for', () => {
    const rows = document.matchAll(/^\| ([A-Z][^|]*\?) \| `([^`]+)` \| `(\w+)(?:\.\w+)?(?:\(\))?` \|$/gm);
    const answers = Array.from(rows, ([, question = '', path = '', name = '']) => ({ question, path, name }));
    expect(answers.length).toBeGreaterThanOrEqual(20);
    const wrong = answers.filter(({ path, name }) => !readFileSync(join(ROOT, path), 'utf8').includes(name));
    expect(wrong).toEqual([]);
  });
});
