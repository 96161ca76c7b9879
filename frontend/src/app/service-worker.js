// Keeps the built page, so that it opens while the relay is away. It never keeps data, and never answers for the relay while the relay answers. It also shows
// the notifications of the page, because phones show no others.
// The build replaces the next line by the names of the page's files, and so makes another worker of each version.
const shell = { version: '', files: [] };

const scope = self.registration.scope;
// Several relays may be served below one address, each with a path of its own.
const prefix = `cecelia-shell ${new URL(scope).pathname} `;
const cacheName = prefix + shell.version;
/** How long the relay may take to answer with the page, in milliseconds. A page from the cache is reloaded when its connection is live. */
const patienceMs = 10_000;

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  const path = request.url.slice(scope.length).replace(/[?#].*$/, '');
  if (request.mode === 'navigate' && path === '') event.respondWith(page(request));
  else if (shell.files.includes(path)) event.respondWith(file(request, path));
  // Everything else is the relay's: /api, /ws, /events.
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openLink(event.notification.data));
});

self.addEventListener('notificationclose', (event) => {
  event.waitUntil(tellPages(event.notification.data));
});

async function install() {
  const cache = await caches.open(cacheName);
  await cache.addAll(['./', ...shell.files].map((path) => new Request(new URL(path, scope), { cache: 'no-cache' })));
  const text = await (await cache.match(new URL('./', scope))).text();
  // The relay was replaced in the meantime. The next load of the page brings the worker of its version.
  if (!shell.files.some((path) => path.endsWith('.js') && text.includes(path))) throw new Error('The page is of another version');
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page of the relay; the kept one if there is no answer, or a proxy answers that the relay is away. */
async function page(request) {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(patienceMs) });
    if (response.status < 500) return response;
    return (await kept('')) ?? response;
  } catch (error) {
    const response = await kept('');
    if (response === undefined) throw error;
    return response;
  }
}

/** A file whose name has a hash of its content: the kept one is the right one. */
async function file(request, path) {
  return (await kept(path)) ?? fetch(request);
}

async function kept(path) {
  const cache = await caches.open(cacheName);
  return cache.match(new URL(path, scope), { ignoreVary: true });
}

/** Goes to the link of a notification in the page that had the focus last, or opens one. */
async function openLink(data) {
  const [last] = await tellPages(data);
  if (last === undefined) return self.clients.openWindow(data.href);
  last.postMessage({ follow: data.href });
  return last.focus();
}

/** Tells all pages that a notification is gone. Returns them, the one that had the focus last first. */
async function tellPages({ id }) {
  const clients = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const pages = clients.filter(({ url }) => url.replace(/[?#].*$/, '') === scope);
  for (const page of pages) page.postMessage({ gone: id });
  return pages;
}
