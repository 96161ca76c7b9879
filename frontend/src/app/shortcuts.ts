import { useEffect, useRef } from 'react';
import { pauseFeedEvent } from '../components/pause-feed';
import { chooseTheme, useTheme } from '../components/theme';
import { go, viewNames } from '../components/route';
import { nextTheme } from './shell';

/** Every key that does something, for the help and for whoever adds one. */
export const shortcuts: readonly { readonly keys: string; readonly does: string }[] = [
  { keys: '1 – 5', does: 'Go to Overview, Board, Executions, Feed, Refused' },
  { keys: '/', does: 'Search' },
  { keys: 'p', does: 'Pause or resume the feed' },
  { keys: 't', does: 'Switch the theme' },
  { keys: 'Esc', does: 'Close the open panel or dialog' },
  { keys: '?', does: 'Show keyboard shortcuts' },
];

/** Listens for the shortcuts, but for those that a field needs to be typed into. */
export function useShortcuts(openHelp: () => void): void {
  const theme = useTheme();
  const latest = useRef({ theme, openHelp });
  useEffect(() => {
    latest.current = { theme, openHelp };
  });
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable], dialog') !== null) return;
      if (act(event.key)) event.preventDefault();
    };
    const act = (key: string): boolean => {
      const view = viewNames[Number(key) - 1];
      if (view !== undefined) go({ view, run: null });
      else if (key === '/') return focusSearch();
      else if (key === 'p') dispatchEvent(new Event(pauseFeedEvent));
      else if (key === 't') chooseTheme(nextTheme(latest.current.theme));
      else if (key === '?') latest.current.openHelp();
      else if (key === 'Escape') go({ task: null });
      else return false;
      return true;
    };
    addEventListener('keydown', typed);
    return () => removeEventListener('keydown', typed);
  }, []);
}

/** The search of the view, or of the board where the view has none. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  if (field === null) {
    go({ view: 'board', run: null });
    requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-search]')?.focus()));
  } else field.focus();
  return true;
}
