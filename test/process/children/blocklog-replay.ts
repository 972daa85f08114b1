// The file of a disk after a power cut, by the file system itself. It prints digests. Arguments: DIRECTORY, FILE
// SYSTEM, and the numbers of requests after which the power fails.
import { diskPaths, type LoggedFileSystem } from '../../blocklog/logged-disk.js';
import { FILE } from '../../blocklog/record.js';
import { mountedContents } from '../../blocklog/replay.js';

const [dir = '', type = 'ext4', positions = ''] = process.argv.slice(2) as [string?, LoggedFileSystem?, string?];
process.stdout.write(JSON.stringify(mountedContents(diskPaths(dir), type, positions.split(',').map(Number), FILE)));
