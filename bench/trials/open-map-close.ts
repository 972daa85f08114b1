// Ours: map(path), with 'touch' a read of the first byte through a Buffer, close(). Arguments: FILE COUNT touch|leave
import { map } from '../../lib/index.js';
import { argument, nanosecondsPerOperation, numericArgument, printFigures } from '../trial.js';

const file = argument(0);
const touch = argument(2) === 'touch';
let sum = 0;

function operation(): void {
  const mapping = map(file);
  sum += touch ? (mapping.buffer[0] ?? 0) : 1;
  mapping.close();
}

void nanosecondsPerOperation(operation, numericArgument(1)).then((nanoseconds) => {
  if (sum === 0) throw new Error('read nothing but zeros');
  printFigures({ nanoseconds });
});
