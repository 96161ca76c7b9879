import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test } from 'vitest';
import translation from '../../eslint-text.js';

const linter = new Linter();

const problemsIn = (code) =>
  linter.verify(
    code,
    {
      files: ['**/*.tsx'],
      languageOptions: { parser: tseslint.parser, parserOptions: { ecmaFeatures: { jsx: true } } },
      plugins: { translation },
      rules: { 'translation/no-literal-words': 'error' },
    },
    'a.tsx',
  );

test.each([
  '<p>Loading</p>',
  '<p>失败</p>',
  '<p>{isOpen ? "close" : t("open")}</p>',
  '<p>{count > 0 && `${count} tasks`}</p>',
  '<input aria-label="search" />',
  '<Panel title={`Task ${id}`} />',
  'const texts = { lost: "the connection was lost" };',
  'const title = `Waiting for ${name}`;',
  'show("Loading");',
])('%s has words that are not in the catalogue', (code) => expect(problemsIn(code)).toMatchObject([{ messageId: 'words' }]));

test.each([
  '<p>{t("a.b", { count })}</p>',
  '<span className="large red" role="status">{` · ${name}`}</span>',
  '<b>Cecelia</b>',
  'if (event.key === "Escape") close();',
  'throw new TypeError("The response is not a task");',
  'import { X } from "Some package";',
  'const status = "in_progress";',
  'const path = `api/v1/tasks/${id}`;',
])('%s has none', (code) => expect(problemsIn(code)).toEqual([]));
