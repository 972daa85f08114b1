// Answers requests out of the newest version, without a pause. Each answer must be of one version, as a whole.
import { parentPort, workerData } from 'node:worker_threads';
import { ReloadingFile } from './reloading-file.mjs';

const { path, generation } = workerData;
const WORDS_PER_ANSWER = 64;

function check(mapping) {
  const words = mapping.view();
  if (words.readUInt32LE(0) !== words.readUInt32LE(words.length - 4)) throw new Error('the file is not whole');
}

const file = new ReloadingFile(path, generation, check);
const seen = [];
let mixed = 0;
let isStopping = false;
parentPort.once('message', () => (isStopping = true));

/** One request: it reads words all over the file. */
function answer() {
  const bytes = file.current().view();
  const version = bytes.readUInt32LE(0);
  const step = bytes.length / WORDS_PER_ANSWER;
  for (let at = 0; at < bytes.length; at += step) if (bytes.readUInt32LE(at) !== version) mixed++;
  if (seen.at(-1) === version) return;
  seen.push(version);
  parentPort.postMessage({ version });
}

function serve() {
  answer();
  if (!isStopping) return void setImmediate(serve);
  file.close();
  parentPort.postMessage({ seen, mixed });
}
serve();
