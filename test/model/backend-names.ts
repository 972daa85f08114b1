/** The backends that a program outside jest runs. */
export const backendNames = ['native', 'emulated'] as const;
