import { readdirSync } from 'node:fs';
import { serve } from './serve.mjs';
import { visit, WIDTHS } from './visit.mjs';

/** The pages of a site, as paths below its folder. @param {string} folder */
export function pagesOf(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.html')).sort();
}

/** The links to a page or an anchor of the site that is missing. */
function deadLinks(origin, visits) {
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

/**
 * Opens each page of a site in a browser, at each width.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} folder
 * @returns {Promise<{ visits: number, faults: { path: string, fault: string }[] }>}
 */
export async function checkSite(browser, folder) {
  const { origin, close } = await serve(folder);
  const pages = pagesOf(folder);
  const atWidth = async (width) => {
    const tab = await browser.newPage({ viewport: { width, height: 900 } });
    const visits = new Map();
    for (const path of pages) visits.set(path, await visit(tab, origin, path));
    await tab.close();
    return visits;
  };
  try {
    const all = await Promise.all(WIDTHS.map(atWidth));
    const faults = all.flatMap((visits, index) =>
      [...visits].flatMap(([path, found]) =>
        found.faults.map((fault) => ({ path: `${path} at ${WIDTHS[index]} pixels`, fault })),
      ),
    );
    return { visits: pages.length * WIDTHS.length, faults: [...faults, ...deadLinks(origin, all[0])] };
  } finally {
    close();
  }
}
