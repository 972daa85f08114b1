// The programs of test/blocklog over a real disk whose requests are logged. It prints the recording. Arguments:
// DIRECTORY, FILE SYSTEM, SEED, and the number of runs of each program.
import { mountLoggedDisk, runTool, type LoggedFileSystem } from '../../blocklog/logged-disk.js';
import { record } from '../../blocklog/record.js';

const [dir = '', type = 'ext4', seed = '1', rounds = ''] = process.argv.slice(2) as [
  string?,
  LoggedFileSystem?,
  string?,
  string?,
];
const paths = mountLoggedDisk(type, dir);
const recording = record(paths, rounds.split(',').map(Number), Number(seed));
runTool('umount', paths.mount);
process.stdout.write(JSON.stringify(recording));
