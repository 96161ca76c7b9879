import { useEffect, useRef } from 'react';
import { toggleFeedPauseEvent } from '../pages/CommandCenter/feed/pause-feed';
import { chooseTheme, type Theme, themes, useTheme } from '../components/theme';
import { toggleHistory } from '../features/history/history-button';
import { handleHistoryKey } from '../features/history/history-keys';
import { pageMoment } from '../features/history/page-moment';
import { currentTask, navigate, viewNames } from '../features/navigation/route';
import type { MessageId } from '../i18n/messages';

/** All keyboard shortcuts, as listed in the help dialog. */
export const shortcuts: readonly { readonly keys: string; readonly description: MessageId }[] = [
  // eslint-disable-next-line translation/no-literal-words -- names of keys
  { keys: 'Ctrl K, ⌘ K', description: 'palette.title' },
  { keys: '1 – 6', description: 'shell.shortcuts.views' },
  { keys: '/', description: 'shell.shortcuts.search' },
  { keys: 'p', description: 'shell.shortcuts.pause' },
  { keys: 'h', description: 'history.shortcuts.open' },
  { keys: '␣', description: 'history.shortcuts.play' },
  { keys: '← →', description: 'history.shortcuts.step' },
  { keys: '⇧ ← →', description: 'history.shortcuts.skip' },
  { keys: '⇱ ⇲', description: 'history.shortcuts.ends' },
  { keys: 't', description: 'shell.shortcuts.theme' },
  { keys: 'Esc', description: 'shell.shortcuts.escape' },
  { keys: '?', description: 'shell.shortcuts.help' },
];

function isPaletteKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === 'k' && ctrlKey !== metaKey && !altKey && !shiftKey;
}

function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
}

/** Elements with keys of their own. A slider and a checkbox take no letters or digits. */
const takesKeys = 'input:not([type=range], [type=checkbox]), textarea, select, [contenteditable], dialog:modal';

/** Handles keyboard shortcuts, except while the focus is in an input field or dialog. */
export function useShortcuts(openHelp: () => void, openPalette: () => void): void {
  const theme = useTheme();
  const latest = useRef({ theme, openHelp, openPalette });
  useEffect(() => {
    latest.current = { theme, openHelp, openPalette };
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // Also in input fields.
      if (!event.defaultPrevented && isPaletteKey(event)) {
        event.preventDefault();
        if (document.querySelector('dialog:modal') === null) latest.current.openPalette();
        return;
      }
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(takesKeys) !== null) return;
      // Space activates what has the focus.
      const isActivation =
        event.key === ' ' && event.target instanceof Element && event.target.closest('button, a, summary, [type=checkbox]') !== null;
      if ((!isActivation && handleHistoryKey(pageMoment, event)) || handleKey(event.key)) event.preventDefault();
    };
    const handleKey = (key: string): boolean => {
      const view = viewNames[Number(key) - 1];
      if (view !== undefined) navigate({ view, execution: null });
      else if (key === '/') return focusSearch();
      else if (key === 'p') dispatchEvent(new Event(toggleFeedPauseEvent));
      else if (key === 't') chooseTheme(nextTheme(latest.current.theme));
      else if (key === '?') latest.current.openHelp();
      else if (key === 'h') toggleHistory();
      else if (key === 'Escape' && currentTask() === null && pageMoment.get().status !== 'live') pageMoment.live();
      else if (key === 'Escape') navigate({ task: null });
      else return false;
      return true;
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}

/** Focuses the search field of the view. If the view has none, opens the board and focuses its search field. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  if (field === null) {
    navigate({ view: 'board', execution: null });
    requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-search]')?.focus()));
  } else field.focus();
  return true;
}
