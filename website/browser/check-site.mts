import { readdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { serve } from './serve.mjs';
import { visit, WIDTHS, type Visit } from './visit.mjs';

/** A fault of a page. */
export interface Fault {
  /** The page, below the folder of its site, and the width. */
  readonly path: string;
  readonly fault: string;
}

/** The pages of a site, as paths below its folder. */
export function pagesOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.html')).sort();
}

/** The links to a page or an anchor of the site that is missing. */
function deadLinks(origin: string, visits: ReadonlyMap<string, Visit>): Fault[] {
  return [...visits].flatMap(([path, { links }]) =>
    [...new Set(links)].flatMap((link) => {
      if (!link.startsWith(`${origin}/`)) return [];
      const url = new URL(link);
      const target = visits.get(decodeURIComponent(url.pathname.slice(1)));
      const anchor = decodeURIComponent(url.hash.slice(1));
      const isDead = target === undefined || (anchor !== '' && !target.ids.includes(anchor));
      return isDead ? [{ path, fault: `a link is dead: ${link.slice(origin.length)}` }] : [];
    }),
  );
}

/** Opens each page of a site in a browser, at each width. */
export async function checkSite(browser: Browser, folder: string): Promise<{ visits: number; faults: Fault[] }> {
  const { origin, close } = await serve(folder);
  const pages = pagesOf(folder);
  const atWidth = async (width: number): Promise<{ width: number; visits: Map<string, Visit> }> => {
    const tab = await browser.newPage({ viewport: { width, height: 900 } });
    const visits = new Map<string, Visit>();
    for (const path of pages) visits.set(path, await visit(tab, origin, path));
    await tab.close();
    return { width, visits };
  };
  try {
    const all = await Promise.all(WIDTHS.map(atWidth));
    const faults = all.flatMap(({ width, visits }) =>
      [...visits].flatMap(([path, found]) =>
        found.faults.map((fault) => ({ path: `${path} at ${width} pixels`, fault })),
      ),
    );
    // A page has the same links at each width.
    const dead = all.slice(0, 1).flatMap(({ visits }) => deadLinks(origin, visits));
    return { visits: pages.length * WIDTHS.length, faults: [...faults, ...dead] };
  } finally {
    close();
  }
}
