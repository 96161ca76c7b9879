import { useSyncExternalStore } from 'react';
import { followLink } from '../navigation/route';
import { serviceWorkers, workerAddress } from '../relay/service-worker';

export interface PageNotification {
  readonly title: string;
  readonly body: string;
  readonly silent: boolean;
  /** The address of the page that a click leads to. */
  readonly href: string;
  /** The user has closed or opened it. */
  readonly onGone: () => void;
}

/** One for all, so that a notification replaces the one before. */
const tag = 'cecelia';

/** The last one that the worker shows. */
let shown: { readonly id: string; readonly onGone: () => void } | null = null;
let count = 0;

let isFailed = false;
const listeners = new Set<() => void>();

/**
 * Shows a notification in place of the one before: by the service worker, because phones show no others, or else by the page. Returns whether the browser
 * has shown it.
 */
export async function showNotification(notification: PageNotification): Promise<boolean> {
  const isShown = (await showByWorker(notification)) || (await showByPage(notification));
  isFailed = !isShown;
  for (const listener of listeners) listener();
  return isShown;
}

/** Whether the browser has not shown the last notification. */
export function useHasFailed(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isFailed,
  );
}

async function showByWorker({ title, body, silent, href, onGone }: PageNotification): Promise<boolean> {
  // Pages of the same host may have notifications with the same number.
  const id = `${String(performance.timeOrigin)} ${String(++count)}`;
  try {
    const registration = await serviceWorkers()?.getRegistration();
    if (registration?.active?.scriptURL !== workerAddress()) return false;
    const options = { body, tag, renotify: true, silent, data: { id, href } };
    await registration.showNotification(title, options);
  } catch {
    return false; // Not allowed, or the worker has ended.
  }
  shown = { id, onGone };
  return true;
}

function showByPage({ title, body, silent, href, onGone }: PageNotification): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { body, tag, renotify: true, silent };
    let notification: Notification;
    try {
      notification = new Notification(title, options);
    } catch {
      resolve(false);
      return;
    }
    notification.addEventListener('show', () => resolve(true));
    notification.addEventListener('error', () => resolve(false));
    notification.addEventListener('close', onGone);
    notification.addEventListener('click', () => {
      window.focus();
      followLink(href);
      notification.close();
      onGone();
    });
  });
}

/** Follows the links of the notifications that the worker shows. Called once at startup: a click may come after notifications were turned off. */
export function startNotificationLinks(): void {
  serviceWorkers()?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== 'object' || data === null) return;
    const { gone, follow } = data as Partial<Record<'gone' | 'follow', unknown>>;
    if (shown !== null && gone === shown.id) {
      shown.onGone();
      shown = null;
    }
    if (typeof follow === 'string') followLink(follow);
  });
}
