import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { outputOf, type Page } from './page.mjs';

const PICTURE = /\.(?:svg|png|gif|jpg|webp)$/;

/** Finds the address on the site for each link of a document, and notes the files that the site needs for it. */
export class Links {
  /** Pictures, as paths below the root of the repository. The site has them at the same path. */
  readonly pictures = new Set<string>();
  /** Sources of the repository: each becomes a page with its code. */
  readonly sources = new Set<string>();
  /** Links that lead nowhere. */
  readonly dead: string[] = [];
  readonly #root: string;
  readonly #pages: ReadonlySet<string>;

  /** @param root The repository. */
  constructor(root: string, pages: readonly Page[]) {
    this.#root = root;
    this.#pages = new Set(pages.map(({ source }) => source));
  }

  /**
   * @param source The document with the link.
   * @returns The address relative to the page of the document.
   */
  resolve(source: string, link: string): string {
    if (/^(?:[a-z]+:|#|\/\/)/.test(link)) return link;
    const [path = '', anchor] = decodeURI(link).split('#');
    const target = posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, '');
    const output = this.#outputOf(target);
    if (output === undefined) {
      this.dead.push(`${source}: ${link}`);
      return link;
    }
    const address = posix.relative(posix.dirname(outputOf(source)), output);
    return anchor === undefined ? address : `${address}#${anchor}`;
  }

  /** The file of the site for a file or folder of the repository. undefined: there is none. */
  #outputOf(target: string): string | undefined {
    const page = [target, `${target}/README.md`, `${target}/index.md`].find((path) => this.#pages.has(path));
    if (page !== undefined) return outputOf(page);
    const file = join(this.#root, target);
    if (target.startsWith('..') || !existsSync(file) || !statSync(file).isFile()) return undefined;
    if (PICTURE.test(target)) {
      this.pictures.add(target);
      return target;
    }
    this.sources.add(target);
    return `${target}.html`;
  }
}
