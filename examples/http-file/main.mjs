// Serves a file until Ctrl-C or SIGTERM.
//
//   node main.mjs FILE [PORT] [PATIENCE_MS]
import { FileServer } from './file-server.mjs';

const [file, port = '8080', patience = '5000'] = process.argv.slice(2);
const isNumber = (text, most) => /^\d{1,9}$/.test(text) && Number(text) <= most;

function fail(sentence) {
  console.error(sentence);
  process.exit(2);
}

function open() {
  try {
    return new FileServer(file, (line) => console.error(line));
  } catch (error) {
    return fail(error.message);
  }
}

if (file === undefined) fail('usage: node main.mjs FILE [PORT] [PATIENCE_MS]');
if (!isNumber(port, 65535)) fail(`PORT must be 0 to 65535, not '${port}'`);
if (!isNumber(patience, 1e9)) fail(`PATIENCE_MS must be a whole number, not '${patience}'`);

const files = open();
files.server.on('error', (error) => fail(error.message));
files.server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${files.server.address().port}/ serves ${file}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await files.stop(Number(patience));
    console.log('stopped');
  });
}
