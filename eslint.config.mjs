import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The folders of lib/, from the bottom to the top: each imports only folders before it. The functions that index.ts exports stand above
 * all of them, and a folder that is a program or an entry point of its own (cli) above those.
 */
const FOLDERS = ['core', 'storage', 'backend', 'file', 'durability', 'seals', 'mapping', 'map', 'files', 'probe'];

/** Forbids imports from a folder of lib/ that lead upwards, type imports included. */
function below(folder) {
  const above = FOLDERS.slice(FOLDERS.indexOf(folder) + 1).join('|');
  const message = `lib/${folder} imports only ${FOLDERS.slice(0, FOLDERS.indexOf(folder) + 1).join(', ')} (ARCHITECTURE.md)`;
  const up = above === '' ? [] : [{ regex: `^(\\.\\./)+(${above})/`, message }];
  const rule = (face) => ({
    'no-restricted-imports': ['error', { patterns: [...up, { regex: `^${face}[\\w-]+\\.js$`, message }] }],
  });
  return [
    { files: [`lib/${folder}/*.ts`], rules: rule('\\.\\./') },
    { files: [`lib/${folder}/*/*.ts`], rules: rule('\\.\\./\\.\\./') },
  ];
}

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: dirname(fileURLToPath(import.meta.url)) },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      // `import x = require()` is how a CommonJS module without a default export is imported with its types.
      '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }],
      // An interface may want a Promise from a function that has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // AbortSignal.reason is whatever the caller chose; Node's own API rejects with it too.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-function-return-type': 'off',
      // Tests take methods apart, and load a second copy of the package by its path.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-require-imports': 'off',
    },
  },
  ...FOLDERS.flatMap(below),
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        Buffer: 'readonly',
        setInterval: 'readonly',
        structuredClone: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
);
