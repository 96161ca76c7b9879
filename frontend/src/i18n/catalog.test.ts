import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it, test } from 'vitest';
import { catalogOf, type MessageId } from './catalog';
import { type Language, languages } from './languages';

/** A part of a compiled message. The numbers of the types are those of the parser. */
interface Part {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Part[] }>>;
  readonly children?: readonly Part[];
}

const [literal, number, select, plural, pound, tag] = [0, 2, 5, 6, 7, 8];

const ids = Object.keys(catalogOf('en')) as MessageId[];

function partsOf(language: Language, id: MessageId): readonly Part[] {
  const message = catalogOf(language)[id];
  return typeof message === 'string' ? [{ type: literal, value: message }] : (message as readonly Part[]);
}

/** All parts of a message, those inside of options and tags included. */
function allParts(parts: readonly Part[]): readonly Part[] {
  return parts.flatMap((part) => [
    part,
    ...Object.values(part.options ?? {}).flatMap(({ value }) => allParts(value)),
    ...allParts(part.children ?? []),
  ]);
}

/** The text of a message without its arguments. */
const wordsOf = (language: Language, id: MessageId) =>
  allParts(partsOf(language, id))
    .filter(({ type }) => type === literal)
    .map(({ value = '' }) => value)
    .join('');

const argumentsOf = (language: Language, id: MessageId) => [
  ...new Set(
    allParts(partsOf(language, id))
      .filter(({ type }) => type !== literal && type !== pound)
      .map(({ type, value = '' }) => (type === tag ? `<${value}>` : value))
      .sort(),
  ),
];

describe('both languages', () => {
  it.each(languages)('have the same ids, arguments and tags: %s', (language) => {
    expect(Object.keys(catalogOf(language)).sort()).toEqual([...ids].sort());
    for (const id of ids) expect(argumentsOf(language, id), id).toEqual(argumentsOf('en', id));
  });

  it.each(languages)('have the same options of a select, and the plural categories of their own: %s', (language) => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const id of ids) {
      const english = allParts(partsOf('en', id)).filter(({ type }) => type === select);
      const parts = allParts(partsOf(language, id));
      const optionsOf = (part: Part) => Object.keys(part.options ?? {}).sort();
      expect(parts.filter(({ type }) => type === select).map(optionsOf), id).toEqual(english.map(optionsOf));
      for (const part of parts.filter(({ type }) => type === plural)) {
        const categories = optionsOf(part).filter((name) => !name.startsWith('='));
        expect(categories, id).toContain('other');
        expect(pluralCategories, id).toEqual(expect.arrayContaining(categories));
      }
    }
  });

  test('begin each id with the name of its file', () => {
    for (const file of readdirSync(new URL('en/', import.meta.url))) {
      const messages = JSON.parse(readFileSync(new URL(`en/${file}`, import.meta.url), 'utf8')) as Record<string, string>;
      for (const id of Object.keys(messages)) expect(id).toMatch(new RegExp(`^${file.replace('.json', '')}\\.`));
    }
  });
});

describe('Chinese', () => {
  /** Words that are the same in both languages. */
  const same = new Set(['UTC', 'p99', ' KB', ' MB', 'execution_id', 'executor:status']);

  test('no message is English', () => {
    for (const id of ids) {
      const words = wordsOf('zh-CN', id);
      if (words === wordsOf('en', id) && !same.has(words)) expect(words, id).not.toMatch(/\p{L}/u);
    }
  });

  test('a slot of the executor is 席位, the word of those who work with it', () => {
    const slots = ids.filter((id) => /\bslots?\b/i.test(wordsOf('en', id)));
    expect(slots.length).toBeGreaterThan(5);
    expect(ids.filter((id) => wordsOf('zh-CN', id).includes('槽'))).toEqual([]);
    for (const id of slots) expect(wordsOf('zh-CN', id), id).toMatch(/席位/);
  });

  test('punctuation beside Han is full-width, and there is a space between Han and letters or digits', () => {
    for (const id of ids) {
      for (const { value = '' } of allParts(partsOf('zh-CN', id)).filter(({ type }) => type === literal)) {
        expect(value, id).not.toMatch(/\p{Script=Han}[,;:!?()]|[,;:!?()]\p{Script=Han}|\p{Script=Han}\.(?!\w)/u);
        expect(value, id).not.toMatch(/\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u);
        expect(value, id).not.toMatch(/[，。：；、（）“”] | [，。：；、（）”]/u);
      }
    }
  });

  test('there is a space between a number and Han', () => {
    const check = (id: MessageId, parts: readonly Part[]) => {
      parts.forEach((part, index) => {
        if (part.type !== number && part.type !== pound) return;
        expect(`${parts[index - 1]?.value ?? ''}#${parts[index + 1]?.value ?? ''}`, id).not.toMatch(/\p{Script=Han}#|#\p{Script=Han}/u);
      });
      for (const { options = {}, children = [] } of parts) {
        check(id, children);
        for (const { value } of Object.values(options)) check(id, value);
      }
    };
    for (const id of ids) check(id, partsOf('zh-CN', id));
  });
});

describe('the sources', () => {
  const root = new URL('../', import.meta.url);
  const areas = new Set(ids.map((id) => id.split('.')[0]));
  const used = new Set<string>();
  const prefixes = new Set<string>();
  const calls: { readonly id: MessageId; readonly names: readonly string[]; readonly file: string }[] = [];

  /** Names of the values in a call of `t`; `null` if they are not all known. */
  const namesIn = (values: ts.Expression | undefined): readonly string[] | null => {
    if (values === undefined) return [];
    if (!ts.isObjectLiteralExpression(values)) return null;
    const names = values.properties.map(({ name }) => (name !== undefined && ts.isIdentifier(name) ? name.text : null));
    return names.includes(null) ? null : (names as string[]);
  };

  const visit = (node: ts.Node, file: string): void => {
    if (ts.isStringLiteralLike(node) && areas.has(node.text.split('.')[0] ?? '') && /^[\w-]+(?:\.[\w-]+)*\.?$/.test(node.text)) {
      if (node.text.endsWith('.')) prefixes.add(node.text);
      else if (node.text.includes('.')) used.add(node.text);
    }
    if (ts.isTemplateExpression(node) && areas.has(node.head.text.split('.')[0] ?? '') && /^[\w.-]+\.$/.test(node.head.text)) {
      prefixes.add(node.head.text);
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
      const [id, values] = node.arguments;
      const names = namesIn(values);
      if (id !== undefined && ts.isStringLiteral(id) && names !== null) calls.push({ id: id.text as MessageId, names, file });
    }
    ts.forEachChild(node, (child) => visit(child, file));
  };

  for (const folder of ['app', 'components', 'features', 'format', 'pages']) {
    for (const file of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(file) || /\.test\.tsx?$/.test(file)) continue;
      visit(ts.createSourceFile(file, readFileSync(new URL(`${folder}/${file}`, root), 'utf8'), ts.ScriptTarget.Latest, true), file);
    }
  }

  test('use every id', () => {
    expect(ids.filter((id) => !used.has(id) && ![...prefixes].some((prefix) => id.startsWith(prefix)))).toEqual([]);
  });

  test('use no id that does not exist', () => {
    expect([...used].filter((id) => !Object.hasOwn(catalogOf('en'), id))).toEqual([]);
    expect([...prefixes].filter((prefix) => !ids.some((id) => id.startsWith(prefix)))).toEqual([]);
  });

  test('give every message its values', () => {
    expect(calls.length).toBeGreaterThan(100);
    for (const { id, names, file } of calls) expect(names, `${id} in ${file}`).toEqual(expect.arrayContaining(argumentsOf('en', id)));
  });
});
