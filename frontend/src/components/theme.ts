import { useSyncExternalStore } from 'react';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'cecelia.theme';
const listeners = new Set<() => void>();
const dark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined;
let theme: Theme = stored();

/** Follows what was chosen in another tab and what the system says; once, at the start. */
export function startTheme(): void {
  apply();
  dark?.addEventListener('change', tell);
  addEventListener('storage', (event) => {
    if (event.key !== key) return;
    theme = stored();
    apply();
    tell();
  });
}

export function chooseTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  apply();
  tell();
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

/** Which of both is shown. */
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

function tell(): void {
  for (const listener of listeners) listener();
}
