/** The public members of the classes of mapdirect/testing. */
export const testingMembers = {
  CrashSimulator: [
    'ack',
    'check',
    'close',
    'diagnostics',
    'fail',
    'images',
    'lose',
    'map',
    'mapping',
    'replay',
    'settle',
    'storeLog',
  ],
  CrashReport: ['diagnostics', 'exhaustive', 'explored', 'failures', 'images', 'points', 'toString'],
} as const;
