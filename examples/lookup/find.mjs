// Finds keys in a table of build.mjs.
//
//   node find.mjs FILE KEY...
import { Table } from './table.mjs';

const [file, ...keys] = process.argv.slice(2);
if (file === undefined || keys.length === 0) {
  console.error('usage: node find.mjs FILE KEY...');
  process.exit(2);
}
try {
  const table = new Table(file);
  for (const key of keys) {
    const found = table.find(key);
    if (found === undefined) process.exitCode = 1;
    const text = found?.value.toString('utf8', 0, found.value.indexOf(0));
    console.log(found === undefined ? `${key}: not found` : `${key}: ${text}, at ${found.offset}`);
  }
  table.close();
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
