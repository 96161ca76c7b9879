import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import translation from './eslint-text.js';

/** The layers of `src`, bottom to top. A folder imports only from folders before it in this list. */
const layers = ['types', 'services', 'state', 'stores', 'hooks', 'i18n', 'format', 'components', 'features', 'pages', 'app'];

/** The layers of the Command Center. It uses the package as any page does: by the entries in `library/`, under their public names. */
const applicationLayers = ['i18n', 'format', 'components', 'features', 'pages', 'app'];

const packageInternals = {
  group: ['types', 'services', 'state', 'stores', 'hooks', 'vue', 'library'].map((name) => `**/${name}/**`),
  message: "The Command Center must import from 'cecelia-client' or one of its other entries.",
};

const above = (layer) => layers.slice(layers.indexOf(layer) + 1).map((name) => `**/${name}/**`);

export default tseslint.config(
  // tests/package is compiled against the built package. Before the build its imports have no types.
  { ignores: ['dist', 'src/types/messages.ts', 'tests/package'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['src/**/*.tsx', 'src/hooks/**/*.ts'],
    extends: [jsxA11y.flatConfigs.strict],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs['recommended-latest'].rules,
      // Lists and logs scroll. Scrollable regions must be reachable by keyboard.
      'jsx-a11y/no-noninteractive-tabindex': [
        'error',
        { tags: [], roles: ['tabpanel', 'list', 'log', 'rowgroup'], allowExpressionValues: true },
      ],
    },
  },
  {
    files: ['src/**/*.tsx', 'examples/**/*.tsx'],
    ignores: ['**/*.test.tsx'],
    plugins: { translation },
    rules: { 'translation/no-mixed-text': 'error' },
  },
  {
    files: ['src/{app,components,features,format,pages}/**/*.{ts,tsx}'],
    ignores: ['**/*.test.{ts,tsx}'],
    plugins: { translation },
    rules: { 'translation/no-literal-words': 'error' },
  },
  ...layers
    .map((layer) => ({
      files: [`src/${layer}/**`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              ...(above(layer).length > 0 ? [{ group: above(layer), message: `${layer} must not import from the layers above it.` }] : []),
              ...(applicationLayers.includes(layer) ? [packageInternals] : []),
            ],
          },
        ],
      },
    }))
    .filter(({ rules }) => rules['no-restricted-imports'][1].patterns.length > 0),
  {
    files: ['src/{types,services,state}/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                'react',
                'react-dom',
                'react-dom/*',
                'vue',
                'zustand',
                'zustand/*',
                '@tanstack/*',
                '**/{stores,hooks,i18n,format,components,features,pages,app,vue}/**',
              ],
              message: 'The client core must not depend on a UI framework.',
            },
          ],
        },
      ],
    },
  },
  { files: ['**/*.{js,mjs}'], ignores: ['src/**'], languageOptions: { globals: globals.node } },
  { files: ['src/app/service-worker.js'], languageOptions: { globals: globals.serviceworker } },
);
