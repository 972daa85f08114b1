/** The variable by which the host tells the suites in the guest of their {@link RdmaEnvironment}, as JSON. */
export const RDMA_VARIABLE = 'MAPDIRECT_TEST_RDMA';

export interface RdmaEnvironment {
  /** The kernel: '6.1', '6.12' or 'backports'. */
  readonly series: string;
  /** libibverbs of the host, or a newer one that has RDMA FLUSH. */
  readonly libraries: 'machine' | 'newer';
  /** The path of test/vm/rdma/facts.c, compiled. */
  readonly facts: string;
  /** The path of bench/rivals/c/rdma_write.c, compiled. */
  readonly write: string;
}
