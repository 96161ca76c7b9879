import { useSyncExternalStore } from 'react';

export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' };

export const timeZones = ['local', 'utc'] as const;
export type TimeZone = (typeof timeZones)[number];

/** A preference of this browser. It is kept in the local storage, if there is one, and shared with other tabs. */
class Preference<T extends string> {
  readonly #key: string;
  readonly #find: (stored: string | null) => T;
  readonly #listeners = new Set<() => void>();
  #value: T;

  /** @param find Returns the value for what is stored; for null or an unknown text the default. */
  constructor(key: string, find: (stored: string | null) => T) {
    this.#key = key;
    this.#find = find;
    this.#value = find(this.#stored());
    if (typeof addEventListener === 'function') {
      addEventListener('storage', (event) => {
        if (event.key === key) this.#set(find(this.#stored()));
      });
    }
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  choose(value: T): void {
    try {
      localStorage.setItem(this.#key, value);
    } catch {
      // Storage is disabled: the choice lasts as long as the page.
    }
    this.#set(value);
  }

  /** Uses this value in this tab without storing it; null: the stored one. */
  override(value: T | null): void {
    this.#set(value ?? this.#find(this.#stored()));
  }

  #set(value: T): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  #stored(): string | null {
    try {
      return localStorage.getItem(this.#key);
    } catch {
      return null;
    }
  }
}

/** The supported language that the user prefers: the first of the browser's, which are also its `Accept-Language`. */
export function preferredLanguage(accepted: readonly string[]): Language {
  for (const tag of accepted) {
    const [primary] = tag.toLowerCase().split('-');
    if (primary === 'zh') return 'zh-CN';
    if (primary === 'en') return 'en';
  }
  return 'en';
}

export const language = new Preference<Language>(
  'cecelia.language',
  (stored) => languages.find((name) => name === stored) ?? preferredLanguage(typeof navigator === 'object' ? navigator.languages : []),
);

export const timeZone = new Preference<TimeZone>('cecelia.time-zone', (stored) => timeZones.find((name) => name === stored) ?? 'local');

/** Returns the language of the page. The page is rendered again when it changes, so that only its root needs this. */
export function useLanguage(): Language {
  return useSyncExternalStore(language.subscribe, language.get);
}

/** Returns the time zone in which times are shown. As with `useLanguage`, only the root needs this. */
export function useTimeZone(): TimeZone {
  return useSyncExternalStore(timeZone.subscribe, timeZone.get);
}
