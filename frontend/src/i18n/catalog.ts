import type { Language } from './languages';

export type MessageId = keyof (typeof import('./en'))['default'];

/** All messages of a language, compiled by the build: text, or the parsed form of a message with arguments. */
export type Catalog = Readonly<Record<MessageId, unknown>>;

// A page has one language, and loads no other.
const imports: Readonly<Record<Language, () => Promise<{ readonly default: Catalog }>>> = {
  en: () => import('./en'),
  'zh-CN': () => import('./zh-CN'),
};

const loaded = new Map<Language, Catalog>();

/** Loads the messages of a language; `null`: they are loaded. Fails if the file cannot be loaded, and can be tried again. */
export function loadCatalog(language: Language): Promise<void> | null {
  if (loaded.has(language)) return null;
  return imports[language]().then(({ default: catalog }) => void loaded.set(language, catalog));
}

/** Returns the messages of a language that is loaded. */
export function catalogOf(language: Language): Catalog {
  const catalog = loaded.get(language);
  if (catalog === undefined) throw new Error(`The messages in ${language} are not loaded`);
  return catalog;
}
