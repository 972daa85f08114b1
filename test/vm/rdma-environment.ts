/** The variable by which the host tells the suites in the guest of their {@link RdmaEnvironment}, as JSON. */
export const RDMA_VARIABLE = 'MAPDIRECT_TEST_RDMA';

/** What the host tells a guest with soft RoCE. */
export interface RdmaEnvironment {
  /** The kernel: '6.1', '6.12' or 'backports'. */
  readonly series: string;
  /** libibverbs of the host, or a newer one that has RDMA FLUSH. */
  readonly libraries: 'machine' | 'newer';
  /** The path of test/vm/rdma/facts.c, compiled. */
  readonly facts: string;
  /** The paths of bench/rivals/c/rdma_write.c and rdma_register.c, compiled. */
  readonly write: string;
  readonly register: string;
  /** The path of test/vm/rdma/unlisted.c, compiled. */
  readonly unlisted: string;
}

/** The guest that this process runs in; undefined: it runs in none that has soft RoCE. */
export function rdmaGuest(): RdmaEnvironment | undefined {
  const text = process.env[RDMA_VARIABLE];
  return text === undefined ? undefined : (JSON.parse(text) as RdmaEnvironment);
}
