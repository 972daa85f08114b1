/** The page size of the machines that these tests run on. */
export const PAGE = 4096;
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
