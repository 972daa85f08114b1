import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Application,
  Converter,
  DeclarationReflection,
  LogLevel,
  ReflectionKind,
  SignatureReflection,
  type Context,
  type ProjectReflection,
} from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { pageOf, type Page } from './page.mjs';

/** How the plugin writes Markdown. */
const FORMAT: Partial<PluginOptions> = {
  hideBreadcrumbs: true,
  hidePageHeader: true,
  indexFormat: 'table',
  useCodeBlocks: true,
  expandObjects: true,
  pageTitleTemplates: { index: 'API reference', module: '{name}', member: '{rawName}' },
};

/** Members that serve console.log() and the like. A user does not call them. */
const UNSEEN = new Set(['[toStringTag]', '[custom]', '[PROVIDER]']);

/** Before TypeDoc makes its groups. */
function removeUnseen({ project }: Context): void {
  for (const reflection of Object.values(project.reflections)) {
    if (UNSEEN.has(reflection.name)) project.removeReflection(reflection);
  }
}

interface EntryPoint {
  /** The name that users import. */
  readonly specifier: string;
  /** Below the root of the repository. */
  readonly source: string;
}

/** The fields of package.json that are read here. */
interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly require: { readonly types: string } }>>;
}

/** The entry points that package.json exports, with their sources. A new one is part of the reference by itself. */
export function entryPoints(root: string): EntryPoint[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const source = target.require.types.replace(/^\.\/dist\//, '').replace(/\.d\.ts$/, '.ts');
    return [{ specifier: name + path.slice(1), source }];
  });
}

/** The public items of the package with their docstrings, as TypeDoc reads them. */
export async function readReference(root: string): Promise<{ app: Application; project: ProjectReflection }> {
  const points = entryPoints(root);
  const app = await Application.bootstrapWithPlugins({
    entryPoints: points.map(({ source }) => join(root, source)),
    tsconfig: join(root, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    disableSources: true,
    excludeExternals: true,
    excludePrivate: true,
    excludeProtected: true,
    groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases', '*'],
    skipErrorChecking: true, // the build has checked
    logLevel: LogLevel.Error,
    ...FORMAT,
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, removeUnseen);
  const project = await app.convert();
  if (project === undefined) throw new Error('TypeDoc cannot read the entry points');
  // TypeDoc names a module by its file. Users know it by the name in their import.
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    const file = `lib/${module.name === 'index' ? '' : `${module.name}/`}index.ts`;
    module.name = points.find(({ source }) => source === file)?.specifier ?? module.name;
  }
  return { app, project };
}

/** The base classes are not exported: a member belongs to the class that users see. */
function forgetBaseClasses(project: ProjectReflection): void {
  for (const reflection of Object.values(project.reflections)) {
    const isDeclaration = reflection instanceof DeclarationReflection;
    if (!isDeclaration && !(reflection instanceof SignatureReflection)) continue;
    reflection.inheritedFrom = undefined;
    reflection.overwrites = undefined;
    reflection.implementationOf = undefined;
    if (!isDeclaration) continue;
    const { extendedTypes = [] } = reflection;
    if (extendedTypes.some((type) => type.type === 'reference' && type.reflection !== undefined)) continue;
    reflection.typeHierarchy = undefined;
  }
}

/**
 * In a docstring the path of a document becomes a link, and under "Throws" an error code.
 *
 * @param source The path of the page.
 */
function withLinks(source: string, markdown: string, codes: ReadonlySet<string>): string {
  const up = '../'.repeat(source.split('/').length - 1);
  const code = (word: string): string =>
    codes.has(word) ? `[\`${word}\`](${up}docs/errors.md#${word.toLowerCase()})` : word;
  const linked = (text: string): string =>
    text
      .replace(/(?<![\w/[])docs\/[\w/-]+\.md(?:#[\w-]+)?/g, (path) => `[${path}](${up}${path})`)
      .replace(/^#+ Throws\n.*?(?=^#|$(?![^]))/gms, (part) => part.replace(/(?<![\w`[#])E[A-Z0-9_]{2,}\b/g, code));
  // Every second part is a block of code.
  const parts = markdown.split(/^(```.*?^```)$/ms);
  return parts.map((part, index) => (index % 2 === 0 ? linked(part) : part)).join('');
}

/**
 * The API reference as pages of docs/api/, made by TypeDoc from the docstrings.
 *
 * @param codes The error codes that have a heading in docs/errors.md.
 */
export async function reference(root: string, codes: ReadonlySet<string>): Promise<Page[]> {
  const { app, project } = await readReference(root);
  forgetBaseClasses(project);
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-docs-'));
  try {
    app.options.setValue('outputs', [{ name: 'markdown', path: folder }]);
    await app.generateOutputs(project);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    return files.sort().map((name) => {
      const source = `docs/api/${name}`;
      return pageOf(source, withLinks(source, readFileSync(join(folder, name), 'utf8'), codes));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
