import { useSyncExternalStore } from 'react';

export const notifyKinds = ['failures', 'input', 'link', 'silent'] as const;
export type NotifyKind = (typeof notifyKinds)[number];

/** What this browser notifies of. */
export interface NotifySettings {
  readonly isOn: boolean;
  readonly kinds: readonly NotifyKind[];
  /** `null`: all projects. */
  readonly projects: readonly string[] | null;
  readonly hasSound: boolean;
}

const storageKey = 'cecelia.notify';
const maxProjects = 100;
const off: NotifySettings = { isOn: false, kinds: notifyKinds, projects: null, hasSound: false };

/** The settings in a stored text. What is missing or invalid has its default. */
export function parseSettings(text: string | null): NotifySettings {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? '{}');
  } catch {
    return off;
  }
  if (typeof stored !== 'object' || stored === null) return off;
  const { isOn, kinds, projects, hasSound } = stored as Partial<Record<keyof NotifySettings, unknown>>;
  return {
    isOn: isOn === true,
    kinds: Array.isArray(kinds) ? notifyKinds.filter((kind) => kinds.includes(kind)) : notifyKinds,
    projects: Array.isArray(projects) ? projects.filter((id): id is string => typeof id === 'string').slice(0, maxProjects) : null,
    hasSound: hasSound === true,
  };
}

/** The settings of this browser, in the local storage, if there is one. Other tabs follow. */
class SettingsStore {
  readonly #listeners = new Set<() => void>();
  #settings = parseSettings(stored());

  constructor() {
    if (typeof addEventListener !== 'function') return;
    addEventListener('storage', ({ key }) => {
      if (key === storageKey) this.#set(parseSettings(stored()));
    });
  }

  readonly get = (): NotifySettings => this.#settings;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  change(changes: Partial<NotifySettings>): void {
    const next = { ...this.#settings, ...changes };
    try {
      localStorage.setItem(storageKey, JSON.stringify(next));
    } catch {
      // Storage is disabled: the choice lasts as long as the page.
    }
    this.#set(next);
  }

  #set(settings: NotifySettings): void {
    this.#settings = settings;
    for (const listener of this.#listeners) listener();
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export const notifySettings = /* @__PURE__ */ new SettingsStore();

export function useNotifySettings(): NotifySettings {
  return useSyncExternalStore(notifySettings.subscribe, notifySettings.get);
}
