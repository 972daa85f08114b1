'use strict';
// The search works without a server: the entries are a script, which also a page opened as a file can load.

const field = document.getElementById('search');
const list = document.getElementById('found');
const root = document.body.dataset.root;
let index;

/** Loads the entries when the search is used first. */
function load() {
  index ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${root}assets/search-entries.js`;
    script.addEventListener('load', () => {
      const fields = ['page', 'heading', 'text'];
      const search = new MiniSearch({ idField: 'address', fields, storeFields: ['page', 'heading', 'address'] });
      search.addAll(globalThis.searchEntries);
      resolve(search);
    });
    script.addEventListener('error', reject);
    document.head.append(script);
  });
  return index;
}

function item({ page, heading, address }) {
  const link = document.createElement('a');
  link.href = root + address;
  link.textContent = heading === '' ? page : `${page}: ${heading}`;
  const entry = document.createElement('li');
  entry.append(link);
  return entry;
}

async function show() {
  const search = await load();
  const results = search.search(field.value, {
    prefix: true,
    fuzzy: 0.1,
    boost: { page: 3, heading: 2 },
    combineWith: 'AND',
  });
  list.replaceChildren(...results.slice(0, 12).map(item));
  if (results.length === 0) list.textContent = 'Nothing found';
  list.hidden = field.value === '';
}

field.addEventListener('focus', load);
field.addEventListener('input', show);
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') list.hidden = true;
});
document.addEventListener('click', ({ target }) => {
  if (!target.closest('search')) list.hidden = true;
});
