import { useSyncExternalStore } from 'react';
import { noPrices, parsePrices, type PriceTable } from './prices';

const key = 'cecelia.prices';
const listeners = new Set<() => void>();
let prices = stored();

if (typeof addEventListener === 'function') {
  addEventListener('storage', (event) => {
    if (event.key === key) set(stored());
  });
}

/** The prices of this browser, shared with other tabs. */
export function usePrices(): PriceTable {
  return useSyncExternalStore(subscribe, () => prices);
}

export function savePrices(table: PriceTable): void {
  try {
    localStorage.setItem(key, JSON.stringify(table));
  } catch {
    // Storage is disabled or full: the prices last as long as the page.
  }
  set(table);
}

function set(table: PriceTable): void {
  prices = table;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(): PriceTable {
  try {
    const text = localStorage.getItem(key);
    return text === null ? noPrices : parsePrices(text);
  } catch {
    return noPrices; // Not readable, or written by another version.
  }
}
