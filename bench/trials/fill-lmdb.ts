// A database whose values are the ranges of a numbered file, in order. Arguments: DIRECTORY SIZE VALUES
import { openLmdb } from '../lmdb-database.js';
import { numberedBytes } from '../numbered-file.js';
import { argument, numericArgument } from '../trial.js';

const size = numericArgument(1);
const count = numericArgument(2);
const database = openLmdb(argument(0));
database.transactionSync(() => {
  for (let key = 0; key < count; key++) database.putSync(key, numberedBytes(key * size, size), { append: true });
});
void database.close();
