import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LENGTH, OF_STRANGER } from './arena.js';

async function shell(script: string, path: string): Promise<void> {
  const child = spawn('sh', ['-c', script, path], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`'${script}' of ${path} ended with ${code}: ${said}`);
}

/** Programs that take part in no protocol. Each leaves the file at its length. */
export const strangers = {
  /** Stores over the whole file. */
  store: (path: string): Promise<void> =>
    shell(
      `head -c ${LENGTH} /dev/zero | tr '\\\\0' '${OF_STRANGER}' | dd of="$0" conv=notrunc bs=${LENGTH} iflag=fullblock status=none`,
      path,
    ),
  /** Takes all blocks away, and lets the file grow again. */
  truncate: (path: string): Promise<void> => shell(`: > "$0" && truncate -s ${LENGTH} "$0"`, path),
};
