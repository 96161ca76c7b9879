/** How often the relay is asked, in milliseconds. */
const intervalMs = 60_000;
/** Pages that are reloaded for the same reason are spread over this time, in milliseconds. */
const spreadMs = 10_000;
/** Shortest time between two reloads, in milliseconds: behind a proxy, the page may come from relays of different versions for a while. */
const reloadMs = 5 * 60_000;

const storageKey = 'cecelia.reloaded-at';

/** The scripts and styles of a page, whose names have a hash of their content: two pages with the same ones are the same page. */
export function pageVersion(html: string): string {
  const addresses = [...html.matchAll(/(?:src|href)="(?:\.\/)?(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? '');
  return addresses.sort().join(' ');
}

/** The version of this page, as it was served. Empty in development, where the names have no hash. */
export const ownVersion = /* @__PURE__ */ pageVersion(typeof document === 'undefined' ? '' : document.documentElement.outerHTML);

interface Watched {
  /** The version of this page. */
  readonly own: string;
  /** Whether the connection is live, so that a reload is answered. */
  readonly isLive: () => boolean;
  readonly reload: () => void;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * Reloads the page when the relay has another version of it: once it is live, and not all pages at the same time. Returns functions to ask the relay now,
 * and to end.
 */
export function reloadOnNewVersion({ own, isLive, reload, storage, now, random }: Watched): {
  readonly check: () => void;
  readonly stop: () => void;
} {
  let due: ReturnType<typeof setTimeout> | undefined;
  const check = async () => {
    if (own === '' || due !== undefined || !isLive()) return;
    const response = await fetch(new URL('./', document.baseURI), { cache: 'no-store', headers: { accept: 'text/html' } });
    const version = response.ok ? pageVersion(await response.text()) : '';
    if (version === '' || version === own) return;
    due ??= setTimeout(() => {
      due = undefined;
      if (!isLive() || now() - Number(storage?.getItem(storageKey) ?? 0) < reloadMs) return;
      storage?.setItem(storageKey, String(now()));
      reload();
    }, random() * spreadMs);
  };
  // Without an answer, the connection says what is wrong.
  const ask = () => void check().catch(() => undefined);
  const timer = setInterval(ask, intervalMs);
  return {
    check: ask,
    stop: () => {
      clearInterval(timer);
      clearTimeout(due);
    },
  };
}
