// The right to write a file, taken and given back, with no other writer. Arguments: FILE COUNT PACKAGE
import { fileLocks } from '../rivals/npm/file-locks.js';
import { argument, nanosecondsPerOperation, numericArgument, printFigures } from '../trial.js';

const file = argument(0);
const { acquire } = fileLocks(argument(2));

void nanosecondsPerOperation(() => acquire(file)(), numericArgument(1)).then((cycle) => printFigures({ cycle }));
