export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' };

/** The supported language that the user prefers: the first of the browser's, which are also its `Accept-Language`. */
export function preferredLanguage(accepted: readonly string[]): Language {
  for (const tag of accepted) {
    const [primary] = tag.toLowerCase().split('-');
    if (primary === 'zh') return 'zh-CN';
    if (primary === 'en') return 'en';
  }
  return 'en';
}
