import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { outputOf } from './page.mjs';

const PICTURE = /\.(?:svg|png|gif|jpg|webp)$/;

/** Finds the address on the site for each link of a document, and notes the files that the site needs for it. */
export class Links {
  /** Pictures, as paths below the root of the repository. The site has them at the same path. */
  pictures = new Set();
  /** Sources of the repository: each becomes a page with its code. */
  sources = new Set();
  /** Links that lead nowhere. */
  dead = /** @type {string[]} */ ([]);
  #root;
  #pages;

  /**
   * @param {string} root The repository.
   * @param {readonly import('./page.mjs').Page[]} pages
   */
  constructor(root, pages) {
    this.#root = root;
    this.#pages = new Set(pages.map(({ source }) => source));
  }

  /**
   * @param {string} source The document with the link.
   * @param {string} link
   * @returns {string} The address relative to the page of the document.
   */
  resolve(source, link) {
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
  #outputOf(target) {
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
