import { loadedPart } from '../components/loaded-part';
import type { Route } from '../features/navigation/route';

// The graph with its layout, and the palette, are as large as everything else, and often not opened at all.
export const ExecutionPage = loadedPart(async () => (await import('../pages/CommandCenter/execution/execution-page')).ExecutionPage);
export const Palette = loadedPart(async () => (await import('./palette')).Palette);

/** Loads what a route shows first, if that has a file of its own. */
export async function loadPartOf({ wall, execution }: Route): Promise<void> {
  if (!wall && execution !== null) await ExecutionPage.load();
}

/** Loads all parts when the browser is idle. One that cannot be loaded is tried again when it is shown. */
export function loadPartsWhenIdle(): void {
  const load = () => {
    for (const part of [ExecutionPage, Palette]) part.load().catch(() => undefined);
  };
  if (typeof requestIdleCallback === 'function') requestIdleCallback(load, { timeout: 10_000 });
  else setTimeout(load, 2000);
}
