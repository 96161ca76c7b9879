import { useSyncExternalStore } from 'react';
import { loadCatalog } from './catalog';
import { type Language, languages, preferredLanguage } from './languages';

export const timeZones = ['local', 'utc'] as const;
export type TimeZone = (typeof timeZones)[number];

/** A preference of this browser. It is kept in the local storage, if there is one, and shared with other tabs. */
class Preference<T extends string> {
  readonly #key: string;
  readonly #find: (stored: string | null) => T;
  readonly #load: (value: T) => Promise<void> | null;
  readonly #listeners = new Set<() => void>();
  #value: T;
  /** The value that was chosen last, which may still be loading. */
  #chosen: T;

  /**
   * @param find Returns the value for what is stored; for null or an unknown text the default.
   * @param load Loads what a value needs; `null`: nothing. Until then, and if it fails, the value before stays.
   */
  constructor(key: string, find: (stored: string | null) => T, load: (value: T) => Promise<void> | null = () => null) {
    this.#key = key;
    this.#find = find;
    this.#load = load;
    this.#value = this.#chosen = find(this.#stored());
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

  /** Loads the first value. Fails if it cannot be loaded. Called once, before the first render. */
  async start(): Promise<void> {
    const value = this.#chosen;
    await this.#load(value);
    this.#apply(value);
  }

  #set(value: T): void {
    this.#chosen = value;
    const loading = this.#load(value);
    if (loading === null) this.#apply(value);
    else loading.then(() => this.#apply(value), console.error);
  }

  #apply(value: T): void {
    if (value !== this.#chosen || value === this.#value) return;
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

export const language = new Preference<Language>(
  'cecelia.language',
  (stored) => languages.find((name) => name === stored) ?? preferredLanguage(typeof navigator === 'object' ? navigator.languages : []),
  loadCatalog,
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
