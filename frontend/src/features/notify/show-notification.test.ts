// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { workerAddress } from '../relay/service-worker';
import { type PageNotification, showNotification, startNotificationLinks } from './show-notification';

const href = 'http://localhost:3000/#/?task=t1';
let gone = 0;
const notification: PageNotification = { title: 'Two', body: 'new failures', silent: true, href, onGone: () => gone++ };

type Shown = readonly [title: string, options: { readonly data: { readonly id: string; readonly href: string } }];

/** A container with an active worker of an address, which shows notifications or refuses to. */
class FakeContainer extends EventTarget {
  readonly shown: Shown[] = [];
  refuses = false;

  constructor(readonly scriptURL: string | null) {
    super();
  }

  getRegistration() {
    return Promise.resolve({
      active: this.scriptURL === null ? null : { scriptURL: this.scriptURL },
      showNotification: (...shown: Shown) => {
        if (this.refuses) return Promise.reject(new TypeError('No permission'));
        this.shown.push(shown);
        return Promise.resolve();
      },
    });
  }

  post(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

const made: FakeNotification[] = [];

class FakeNotification extends EventTarget {
  static throws = false;

  constructor(readonly title: string) {
    super();
    if (FakeNotification.throws) throw new TypeError('Illegal constructor');
    made.push(this);
  }

  close(): void {
    this.dispatchEvent(new Event('close'));
  }
}

function withContainer(scriptURL: string | null): FakeContainer {
  const container = new FakeContainer(scriptURL);
  vi.stubGlobal('navigator', Object.create(navigator, { serviceWorker: { value: container } }));
  return container;
}

/** Waits until the page has made a notification, and fires its event. */
async function fire(name: string): Promise<void> {
  await vi.waitFor(() => expect(made).toHaveLength(1));
  made[0]?.dispatchEvent(new Event(name));
}

beforeEach(() => {
  gone = 0;
  made.length = 0;
  FakeNotification.throws = false;
  vi.stubGlobal('Notification', FakeNotification);
  location.hash = '#/feed';
});

afterEach(() => vi.unstubAllGlobals());

test('the active worker of the page shows a notification, and says when it is gone and where a click leads to', async () => {
  const container = withContainer(workerAddress());
  startNotificationLinks();
  expect(await showNotification(notification)).toBe(true);
  expect(made).toEqual([]);
  const [[title, options] = []] = container.shown;
  expect([title, options]).toEqual([
    'Two',
    { body: 'new failures', tag: 'cecelia', renotify: true, silent: true, data: { id: options?.data.id, href } },
  ]);
  for (const other of [null, 'text', { gone: 'other' }, { follow: 7 }]) container.post(other);
  expect([gone, location.hash]).toEqual([0, '#/feed']);
  container.post({ gone: options?.data.id });
  container.post({ gone: options?.data.id });
  container.post({ follow: href });
  expect([gone, location.hash]).toEqual([1, '#/?task=t1']);
});

test.each([
  ['no worker', null],
  ['the worker of another page', 'http://localhost:3000/other.js'],
])('with %s the page shows it', async (_, scriptURL) => {
  const container = withContainer(scriptURL);
  const result = showNotification(notification);
  await fire('show');
  expect(await result).toBe(true);
  expect(container.shown).toEqual([]);
  await fire('click');
  expect(location.hash).toBe('#/?task=t1');
  expect(gone).toBeGreaterThan(0);
});

test('without service workers, as in a page without HTTPS, the page shows it', async () => {
  vi.stubGlobal('navigator', Object.create(navigator, { serviceWorker: { value: undefined } }));
  const result = showNotification(notification);
  await fire('show');
  expect(await result).toBe(true);
});

test('what neither the worker nor the page can show is not shown', async () => {
  const container = withContainer(workerAddress());
  container.refuses = true;
  const refused = showNotification(notification);
  await fire('error');
  expect(await refused).toBe(false);
  FakeNotification.throws = true;
  expect(await showNotification(notification)).toBe(false);
});
