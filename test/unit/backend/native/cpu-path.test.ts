import { describe, expect, test } from '@jest/globals';
import { chooseCpuPath, type CpuPathChooser } from '../../../../lib/backend/native/cpu-path.js';
import { expectMisuse, thrown } from '../../../support/errors.js';

const ENOTSUP = -95;
// Bits as the addon has them.
const [CLFLUSH, CLFLUSHOPT, CLWB, DC_CVAC, DC_CVAP, DC_CVADP] = [1, 2, 4, 8, 16, 32] as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const names: Readonly<Record<number, string>> = {
  [CLWB]: 'clwb',
  [CLFLUSHOPT]: 'clflushopt',
  [CLFLUSH]: 'clflush',
  [DC_CVAP]: 'dc cvap',
  [DC_CVAC]: 'dc cvac',
};

/** A CPU with those instructions. As the addon does, it refuses the others. */
class FakeCpu implements CpuPathChooser {
  flush: number | undefined;
  stores: number | undefined;

  constructor(
    private readonly bits: number,
    private readonly widths: readonly number[] = [64, 32, 16, 0],
  ) {}

  cpuFlushInstructions(): number {
    return this.bits;
  }

  chooseFlush(bit: number): number {
    if ((this.bits & bit) === 0 || bit === DC_CVADP) return ENOTSUP;
    this.flush = bit;
    return 0;
  }

  chooseStores(width: number): number {
    if (!this.widths.includes(width)) return ENOTSUP;
    this.stores = width;
    return 0;
  }
}

/** The choice. The result must be the last one that the addon was told. */
function chosen(cpu: FakeCpu, environment: NodeJS.ProcessEnv = {}): { flush: string; storeWidth: number } {
  const path = chooseCpuPath(cpu, environment);
  expect(path).toEqual({ flush: names[cpu.flush ?? 0], storeWidth: cpu.stores });
  return path;
}

const X86 = CLFLUSH | CLFLUSHOPT | CLWB;

describe('the flush instruction', () => {
  test.each([
    ['all of x86_64', X86, 'clwb'],
    ['without clwb', CLFLUSH | CLFLUSHOPT, 'clflushopt'],
    ['without clwb and clflushopt', CLFLUSH, 'clflush'],
    ['clwb without clflushopt', CLFLUSH | CLWB, 'clwb'],
    ['arm64 with dc cvac alone', DC_CVAC, 'dc cvac'],
    ['arm64 with dc cvap', DC_CVAC | DC_CVAP, 'dc cvap'],
    ['arm64 with dc cvadp, which is not used', DC_CVAC | DC_CVAP | DC_CVADP, 'dc cvap'],
  ])('of a CPU with %s', (_title, bits, flush) => {
    expect(chosen(new FakeCpu(bits)).flush).toBe(flush);
  });

  test.each([
    [{ MAPDIRECT_NO_CLWB: '1' }, X86, 'clflushopt'],
    [{ MAPDIRECT_NO_CLFLUSHOPT: '1' }, X86, 'clwb'],
    [{ MAPDIRECT_NO_CLWB: '1', MAPDIRECT_NO_CLFLUSHOPT: '1' }, X86, 'clflush'],
    [{ MAPDIRECT_NO_CLWB: '1' }, CLFLUSH | CLWB, 'clflush'],
    [{ MAPDIRECT_NO_CLFLUSHOPT: '1' }, CLFLUSH | CLFLUSHOPT, 'clflush'],
    [{ MAPDIRECT_NO_CVAP: '1' }, DC_CVAC | DC_CVAP, 'dc cvac'],
    [{ MAPDIRECT_NO_CVAP: '1' }, X86, 'clwb'],
    [{ MAPDIRECT_NO_CLWB: '1', MAPDIRECT_NO_CLFLUSHOPT: '1' }, DC_CVAC | DC_CVAP, 'dc cvap'],
    [{ MAPDIRECT_NO_MOVNT: '1' }, X86, 'clwb'],
  ])('with %j in the environment, of a CPU with the bits %d, is %s', (environment, bits, flush) => {
    expect(chosen(new FakeCpu(bits), environment).flush).toBe(flush);
  });

  test('that the addon refuses although the CPU announces it is passed over', () => {
    const cpu = new FakeCpu(X86);
    const refusing = Object.assign(cpu, {
      chooseFlush: (bit: number) => (bit === CLWB ? ENOTSUP : FakeCpu.prototype.chooseFlush.call(cpu, bit)),
    });
    expect(chosen(refusing).flush).toBe('clflushopt');
  });

  test('on a CPU without one, or with its only one ruled out, is an error and no guess', () => {
    expect(thrown(() => chooseCpuPath(new FakeCpu(0), {})).message).toContain('cannot write its cache lines back');
    expect(thrown(() => chooseCpuPath(new FakeCpu(DC_CVADP), {})).message).toContain(
      'cannot write its cache lines back',
    );
    expect(thrown(() => chooseCpuPath(new FakeCpu(CLWB), { MAPDIRECT_NO_CLWB: '1' })).message).toContain(
      'cannot write its cache lines back',
    );
  });
});

describe('the width of the non-temporal stores', () => {
  test.each([
    [[64, 32, 16, 0], 64],
    [[32, 16, 0], 32],
    [[16, 0], 16],
    [[0], 0],
    [[64, 16, 0], 64],
  ])('of a CPU with %j is %d', (widths, width) => {
    expect(chosen(new FakeCpu(X86, widths)).storeWidth).toBe(width);
  });

  test('MAPDIRECT_NO_MOVNT=1 is none, whatever there is', () => {
    expect(chosen(new FakeCpu(X86), { MAPDIRECT_NO_MOVNT: '1' }).storeWidth).toBe(0);
  });

  test('the other switches do not touch it', () => {
    expect(
      chosen(new FakeCpu(X86), { MAPDIRECT_NO_CLWB: '1', MAPDIRECT_NO_CLFLUSHOPT: '1', MAPDIRECT_NO_CVAP: '1' })
        .storeWidth,
    ).toBe(64);
  });
});

describe('a switch', () => {
  const cpus = [X86, CLFLUSH | CLFLUSHOPT, CLFLUSH, DC_CVAC | DC_CVAP, DC_CVAC];

  describe.each([['MAPDIRECT_NO_CLWB'], ['MAPDIRECT_NO_CLFLUSHOPT'], ['MAPDIRECT_NO_CVAP'], ['MAPDIRECT_NO_MOVNT']])(
    '%s',
    (name) => {
      test.each([['0'], ['']])("of '%s' rules nothing out", (word) => {
        for (const bits of cpus) expect(chosen(new FakeCpu(bits), { [name]: word })).toEqual(chosen(new FakeCpu(bits)));
      });

      test.each([['yes'], ['TRUE'], ['2'], [' 1'], ['1 '], ['no'], ['01']])(
        "of '%s' is ERR_INVALID_ARG_VALUE naming it, on every CPU, before anything is chosen",
        (word) => {
          for (const bits of cpus) {
            const cpu = new FakeCpu(bits);
            expectMisuse(
              thrown(() => chooseCpuPath(cpu, { [name]: word })),
              'ERR_INVALID_ARG_VALUE',
              name,
            );
            expect([cpu.flush, cpu.stores]).toEqual([undefined, undefined]);
          }
        },
      );
    },
  );
});

test('of all CPUs, in all environments: the best that it has and that is not ruled out, never another', () => {
  const order = [CLWB, CLFLUSHOPT, CLFLUSH, DC_CVAP, DC_CVAC];
  const switchOf: Readonly<Record<number, string>> = {
    [CLWB]: 'MAPDIRECT_NO_CLWB',
    [CLFLUSHOPT]: 'MAPDIRECT_NO_CLFLUSHOPT',
    [DC_CVAP]: 'MAPDIRECT_NO_CVAP',
  };
  const variables = [...Object.values(switchOf), 'MAPDIRECT_NO_MOVNT'];
  const subsets = <T>(of: readonly T[]): T[][] =>
    Array.from({ length: 2 ** of.length }, (_, set) => of.filter((_each, i) => (set & (1 << i)) !== 0));
  const cpus = [
    ...subsets([CLWB, CLFLUSHOPT]).map((more) => [CLFLUSH, ...more]),
    ...subsets([DC_CVAP, DC_CVADP]).map((more) => [DC_CVAC, ...more]),
  ];
  for (const has of cpus) {
    for (const widths of subsets([64, 32, 16]).map((more) => [...more, 0])) {
      for (const out of subsets(variables)) {
        const environment = Object.fromEntries(out.map((name) => [name, '1']));
        const best = order.find((bit) => has.includes(bit) && !out.includes(switchOf[bit] ?? ''));
        const width = out.includes('MAPDIRECT_NO_MOVNT') ? 0 : Math.max(...widths);
        const path = chosen(
          new FakeCpu(
            has.reduce((a, b) => a | b),
            widths,
          ),
          environment,
        );
        expect({ has, widths, out, ...path }).toEqual({ has, widths, out, flush: names[best ?? 0], storeWidth: width });
      }
    }
  }
});
