import { backendOfEnvironment } from '../../backend/select.js';
import { addonToAsk, type AskedAddon, type Unknown } from '../../probe/addon.js';
import type { Answer } from '../../probe/types.js';

/** The addon, and the backend that a mapping with default options would have. 'no': map() throws. */
export interface AskedBackend {
  readonly asked: AskedAddon;
  readonly backend: Answer<'native' | 'emulated'>;
}

/** The answer where there is no addon. */
function withoutAddon({ reason, remedy }: Unknown): AskedBackend['backend'] {
  const word = backendOfEnvironment();
  if (word === 'emulated') return { answer: 'emulated', reason: 'MAPDIRECT_BACKEND asks for it.', remedy };
  if (word === 'native')
    return { answer: 'no', reason: `MAPDIRECT_BACKEND=native, and there is none. ${reason}`, remedy };
  return { answer: 'emulated', reason, remedy };
}

/** A binary that does not load is an answer here, and an error of probe(). @throws ERR_INVALID_ARG_VALUE. */
export function askBackend(ask: () => AskedAddon = addonToAsk): AskedBackend {
  backendOfEnvironment(); // a word that is none is an error of the user
  let asked: AskedAddon;
  try {
    asked = ask();
  } catch (error) {
    const { message } = error as Error;
    const backend = { answer: 'no', reason: message } as const;
    const reason = 'The native backend does not load, so the kernel was not asked.';
    return { asked: { unknown: { answer: 'unknown', reason } }, backend };
  }
  return { asked, backend: 'addon' in asked ? { answer: 'native' } : withoutAddon(asked.unknown) };
}
