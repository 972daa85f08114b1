import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The folders of lib/, from bottom to top: each imports only from folders before it. Above all of them are the files of
 * lib/ itself, with the functions that index.ts exports, and above those is cli/.
 */
const FOLDERS = [
  'core',
  'storage',
  'backend',
  'file',
  'durability',
  'seals',
  'writer-lock',
  'registration',
  'mapping',
  'map',
  'files',
  'probe',
];
const COMMANDS = ['bench', 'demo', 'doctor', 'extents', 'seal'];

/** The global names of the running Node, and the two that each CommonJS module has besides require and module. */
const NODE_GLOBALS = [...Object.getOwnPropertyNames(globalThis), '__dirname', '__filename'];

/** Forbids imports, also of types, from lib/`folder` to a folder above it, or to the files of lib/ itself. */
function below(folder) {
  const above = FOLDERS.slice(FOLDERS.indexOf(folder) + 1).join('|');
  const allowed = FOLDERS.slice(0, FOLDERS.indexOf(folder) + 1).join(', ');
  const message = `lib/${folder} imports only ${allowed} (ARCHITECTURE.md)`;
  const up = above === '' ? [] : [{ regex: `^(\\.\\./)+(${above})/`, message }];
  const rule = (face) => ({
    'no-restricted-imports': ['error', { patterns: [...up, { regex: `^${face}[\\w-]+\\.js$`, message }] }],
  });
  return [
    { files: [`lib/${folder}/*.ts`], rules: rule('\\.\\./') },
    { files: [`lib/${folder}/*/*.ts`], rules: rule('\\.\\./\\.\\./') },
  ];
}

/** Forbids imports from one command of the command line to another one. */
function apart(command) {
  const others = COMMANDS.filter((name) => name !== command).join('|');
  const message = 'the commands share only the files of lib/cli itself';
  return {
    files: [`lib/cli/${command}/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: `^\\.\\./(${others})/`, message }] }] },
  };
}

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'coverage/', 'site/'] },
  js.configs.recommended,
  // Six, because copy_file_range(2) has six parameters.
  { rules: { 'max-params': ['error', 6] } },
  {
    rules: {
      // Prettier wraps code. This rule is for comments. A text in quotes cannot be wrapped.
      'max-len': [
        'error',
        {
          code: 120,
          comments: 120,
          ignoreUrls: true,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
        },
      ],
    },
  },
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
      // `import x = require()` imports a CommonJS module without a default export, with its types.
      '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }],
      // An interface may require a Promise from a function that never waits.
      '@typescript-eslint/require-await': 'off',
      // AbortSignal.reason is any value of the caller. Node's own API rejects with it, too.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-function-return-type': 'off',
      // Tests use methods without their object, and load a second copy of the package by its path.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-require-imports': 'off',
    },
  },
  ...FOLDERS.flatMap(below),
  ...COMMANDS.map(apart),
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])),
    },
  },
  {
    files: ['examples/**/*.mjs', 'test/pack/fixtures/*.mjs'],
    languageOptions: { globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])) },
  },
  {
    // Code that runs in a browser.
    files: ['website/assets/*.js'],
    languageOptions: { globals: { document: 'readonly', MiniSearch: 'readonly' } },
  },
);
