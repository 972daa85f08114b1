import type { ConsoleMessage, Page, Request } from 'playwright-core';

/** The widths at which every page is looked at: a phone and a desktop. In CSS pixels. */
export const WIDTHS = [400, 1280];

/** The facts that a browser found on a page. */
export interface Visit {
  readonly faults: readonly string[];
  /** The addresses of all links. */
  readonly links: readonly string[];
  /** The anchors of the page. */
  readonly ids: readonly string[];
}

/** The facts of a page, as {@link inspect} sends them out of the browser. */
interface Inspection {
  /** In CSS pixels, over the width of the window. */
  readonly overflow: number;
  /** Elements that reach beyond the window: three at most. */
  readonly wide: readonly string[];
  /** The number of headings of level 1. */
  readonly h1: number;
  readonly title: string;
  /** The length of the text. */
  readonly text: number;
  /** The addresses of the pictures that did not load. */
  readonly broken: readonly string[];
  readonly links: readonly string[];
  readonly ids: readonly string[];
}

/** Runs in the browser. */
function inspect(): Inspection {
  const { scrollWidth, clientWidth } = document.documentElement;
  const wide = [...document.querySelectorAll('body *')].filter(
    (element) => element.closest('.scroll') === null && element.getBoundingClientRect().right > clientWidth + 1,
  );
  return {
    overflow: Math.max(scrollWidth, document.body.scrollWidth) - clientWidth,
    wide: wide
      .slice(0, 3)
      .map((element) => `${element.tagName.toLowerCase()} "${element.textContent.trim().slice(0, 40)}"`),
    h1: document.querySelectorAll('h1').length,
    title: document.title,
    text: (document.querySelector('main')?.textContent ?? '').trim().length,
    broken: [...document.querySelectorAll('img')].filter((image) => image.naturalWidth === 0).map(({ src }) => src),
    links: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].map(({ href }) => href),
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
  };
}

/**
 * Opens a page and looks for faults: an error of a script, a request that fails or leaves the machine, a page that is
 * wider than the window, a missing heading.
 */
export async function visit(tab: Page, origin: string, path: string): Promise<Visit> {
  const faults: string[] = [];
  const onConsole = (message: ConsoleMessage): void => {
    if (message.type() === 'error') faults.push(`the console says: ${message.text()}`);
  };
  const onError = (error: Error): void => {
    faults.push(`a script fails: ${error.message}`);
  };
  const onRequest = (request: Request): void => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) faults.push(`it asks another server: ${url}`);
  };
  tab.on('console', onConsole).on('pageerror', onError).on('request', onRequest);
  const response = await tab.goto(`${origin}/${path}`, { waitUntil: 'load' });
  const found = await tab.evaluate(inspect);
  tab.off('console', onConsole).off('pageerror', onError).off('request', onRequest);
  if (!response?.ok()) faults.push(`the server answers ${response?.status()}`);
  if (found.overflow > 0) faults.push(`it is ${found.overflow} pixels wider than the window: ${found.wide.join('; ')}`);
  if (found.h1 !== 1) faults.push(`it has ${found.h1} headings of level 1`);
  if (found.title === '') faults.push('it has no title');
  if (found.text < 10) faults.push('it has no text');
  for (const picture of found.broken) faults.push(`a picture is missing: ${picture}`);
  return { faults, links: found.links, ids: found.ids };
}
