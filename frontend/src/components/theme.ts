import { useSyncExternalStore } from 'react';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'cecelia.theme';
const listeners = new Set<() => void>();
const dark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined;
let theme: Theme = stored();

/** Applies the stored theme and follows changes in other tabs and in the system. Called once at startup. */
export function startTheme(): void {
  apply();
  dark?.addEventListener('change', notify);
  addEventListener('storage', (event) => {
    if (event.key !== key) return;
    theme = stored();
    apply();
    notify();
  });
}

export function chooseTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // Storage is disabled: the theme lasts as long as the page.
  }
  apply();
  notify();
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

/** Returns the effective theme. */
export function useShownTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, () => (theme === 'system' ? (dark?.matches === true ? 'dark' : 'light') : theme));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return themes.find((name) => name === value) ?? 'system';
  } catch {
    return 'system';
  }
}

function apply(): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function notify(): void {
  for (const listener of listeners) listener();
}
