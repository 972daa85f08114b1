'use strict';
// Loads the addon and maps a file for reading, with no more rights than that needs.

const { map } = require('../../dist/lib/index.js');

const mapping = map(__filename, { access: 'read', backend: 'native' });
if (!mapping.view().toString('latin1').startsWith("'use strict'"))
  throw new Error('the mapping does not show the file');
mapping.close();
