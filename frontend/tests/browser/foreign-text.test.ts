import { expect, test } from 'vitest';
import { until } from './programs';
import { hasStatus, rendered, testBed } from './test-bed';

// Foreign text: values written by publishers, and text nodes replaced by browser translation.

const { redis, relay, consoleErrors, newPage, openLive } = testBed({
  settings: { CECELIA_COMMAND_NAMES: 'pause_session,resume_session,user_input' },
});

const ofRun = (event: string, node_id: string | undefined, data: object, execution_id = 'e1') => ({
  event,
  execution_id,
  ...(node_id !== undefined && { node_id }),
  data,
});

const views = ['', '#/board', '#/executions', '#/executions/e1', '#/feed', '#/refused', '#/board?task=t1'];

test('Published values are rendered as text in every view, including names reserved by libraries', async () => {
  const markup = '<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>';
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', '_root', '_d1', 'a"]\\', markup];
  await redis.publish(
    ...names.flatMap((name) => [
      { event: 'task:started', source: name, project_id: name, data: { taskId: name, title: markup, status: name } },
      { event: 'task:failed', source: name, data: { taskId: `failed ${name}`, title: markup, error: markup } },
      { event: 'executor:status', source: name, data: { activeCount: 1, availableSlots: 2 } },
      { type: 'agent_spawned', project_id: name, data: { agent_id: name, name: markup, status: name } },
      { type: 'agent_messages', project_id: name, data: { agent_id: name, content: { text: markup } } },
      { event: name, data: { message: markup } },
      ofRun('execution:started', undefined, { message: markup, ...(JSON.parse('{"__proto__":{"polluted":true}}') as object) }, name),
      ofRun('execution:started', undefined, { message: markup }),
      ofRun('log', name, { level: name, message: markup }),
    ]),
    ...names.map((name, at) =>
      ofRun('node_state_change', name, { status: 'running', title: name, depends_on: at > 0 ? [names[at - 1]] : [] }),
    ),
    ...names.map((name) => ofRun('token_stream', name, { token: markup })),
    ofRun('node:parallel_start', undefined, { node_ids: names }, 'e2'),
  );
  await redis.client.publish('cecelia:events', markup);
  const runs = names.map((name) => `#/executions/${encodeURIComponent(name)}`);
  const tasks = names.map((name) => `#/board?task=${encodeURIComponent(name)}`);
  const page = await openLive();
  for (const view of [...views, '#/executions/e2', '#/board?project=__proto__', ...runs, ...tasks]) {
    // Stay in the same document, so that damage by one view shows in the next.
    await page.evaluate((hash) => (location.hash = hash), view);
    if (view === '#/executions/e1') {
      await page
        .locator('.react-flow__node')
        .nth(names.length - 1)
        .waitFor();
      for (const name of names) await page.locator('.react-flow__node').getByText(name, { exact: true }).click();
    }
    await page.locator('main[data-state=loaded]').waitFor();
    await rendered(page);
    expect(await page.getByText('could not be displayed').count(), view).toBe(0);
    expect(
      await page.evaluate(() => [Object.keys(Object.prototype), 'hacked' in window, document.querySelectorAll('img[src=x]').length]),
      view,
    ).toEqual([[], false, 0]);
  }
  // Tasks that the relay does not know are requested too.
  expect(consoleErrors.filter((text) => !text.includes('404'))).toEqual([]);
});

test('Numbers that JavaScript cannot represent are shown as published', async () => {
  const large = '9007199254740993';
  const data = `"taskId":"large","title":${large},"agent_id":${large},"n":[{"id":${large}},7.0,1e3,-0,9007199254740992]`;
  await redis.publishText(
    `{"event":"task:started","source":"large","seq":${large},"data":{"status":"running",${data}}}`,
    `{"event":"status","execution_id":"large","data":{"status":"completed","result":{"id":${large}}}}`,
  );
  const page = await openLive('#/board?task=large');
  const drawer = page.getByRole('dialog');
  const shown = drawer.getByLabel('task data', { exact: true });
  const json = async () => (await shown.textContent())?.replaceAll(/\s/g, '');
  await drawer.getByText('Source: the relay. Updated when the task changes.').waitFor();
  expect(await json()).toContain(data);
  for (const text of [large, `large, seq ${large}`]) await drawer.getByText(text, { exact: true }).first().waitFor();
  // The state of the page (a snapshot merged with an event), while requests to the relay fail.
  await page.route('**/api/v1/tasks/**', (route) => route.fulfill({ status: 500 }));
  await page.evaluate(() => (location.hash = '#/board'));
  await drawer.waitFor({ state: 'detached' });
  await page.reload();
  await page.evaluate(() => (location.hash = '#/board?task=large'));
  await drawer.getByText('Source: the state of this page').waitFor();
  await redis.publishText('{"event":"task:progress","data":{"taskId":"large","progress":6.0}}');
  await drawer.getByText('6%', { exact: true }).waitFor();
  expect(await json()).toContain(data);
  await page.evaluate(() => (location.hash = '#/feed'));
  await redis.publishText(`{"event":"task:progress","source":"large","seq":9007199254740995,"data":{${data}}}`);
  // The feed has older events of the task, too.
  await page.getByRole('searchbox').fill('9007199254740995');
  await page.getByRole('button', { expanded: false }).filter({ hasText: large }).first().click();
  const event = (await page.getByLabel('event task:progress', { exact: true }).textContent())?.replaceAll(/\s/g, '');
  expect(event).toContain(data);
  expect(event).toContain('"seq":9007199254740995');
  await page.evaluate(() => (location.hash = '#/executions/large'));
  expect(await page.getByLabel('result', { exact: true }).textContent()).toContain(large);
  expect(await page.getByText('may be rounded').count()).toBe(0);
});

test('Texts and numbers without a place to break do not make the page of an execution wider than the window', async () => {
  const word = 'x'.repeat(1000);
  await redis.publish(
    ofRun('execution:started', undefined, { status: word.slice(0, 50), message: word, progress: 1e300 }, 'wide'),
    ofRun('token_usage', undefined, { prompt_tokens: 1e300, completion_tokens: 1e300, total_tokens: 1e300 }, 'wide'),
  );
  const page = await openLive('#/executions/wide');
  await page.getByText(word).waitFor();
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 800 });
    await rendered(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), String(width)).toBeLessThanOrEqual(width);
  }
});

/** Replaces each text node by a copy inside `<font>`, like browser translation, including nodes added later. */
function translate(): void {
  const skipped = 'script, style, textarea, [translate=no], svg';
  const replaced: { readonly node: Text; readonly was: string; readonly by: Element }[] = [];
  const take = (node: Node) => {
    if (node.nodeType !== Node.TEXT_NODE) {
      for (const child of [...node.childNodes]) take(child);
      return;
    }
    const text = node as Text;
    const parent = text.parentElement;
    if (parent === null || text.data.trim() === '' || parent.closest(skipped) !== null || parent.closest('font') !== null) return;
    const by = document.createElementNS('http://www.w3.org/1999/xhtml', 'font');
    by.append(by.cloneNode());
    by.firstElementChild?.append(text.data);
    text.replaceWith(by);
    replaced.push({ node: text, was: text.data, by });
  };
  take(document.body);
  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      if (target.nodeType === Node.TEXT_NODE) take(target);
      for (const node of addedNodes) if (node.isConnected) take(node);
    }
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  // Texts that the page changed after their node was replaced: the user still sees the old text.
  Object.assign(window, {
    translated: replaced.length,
    stale: () =>
      replaced.filter(({ node, was, by }) => by.isConnected && node.data !== was).map(({ node, was }) => `${was} → ${node.data}`),
  });
}

declare global {
  interface Window {
    readonly translated: number;
    readonly stale: () => string[];
  }
}

/** Events of every kind, with a different outcome in each round. */
function round(number: number): object[] {
  const status = ['running', 'completed', 'failed', 'queued'][number % 4] ?? 'running';
  const nodes = ['plan', 'write', 'check'].slice(0, 1 + (number % 3));
  return [
    { event: 'executor:status', source: 'brain', data: { activeCount: number % 5, availableSlots: 4 - (number % 5) } },
    ...['t1', `t${number + 2}`].flatMap((taskId) => [
      {
        event: `task:${status === 'running' ? 'started' : status}`,
        project_id: 'p1',
        data: { taskId, status, progress: number % 100, error: `no ${number}` },
      },
    ]),
    { event: 'task:progress', data: { taskId: 'steady', progress: number % 100 } },
    { type: 'agent_spawned', project_id: 'p1', data: { agent_id: `a${number % 3}`, status: number % 2 === 0 ? 'working' : 'done' } },
    {
      type: 'agent_messages',
      project_id: 'p1',
      data: { agent_id: `a${number % 3}`, ...(number % 2 === 0 && { content: { text: `${number}` } }) },
    },
    ofRun('status', undefined, { status: status === 'queued' ? 'pending' : status, progress: number % 100, message: `step ${number}` }),
    ...nodes.map((node) => ofRun('node_state_change', node, { status })),
    ...nodes.map((node) => ofRun('token_stream', node, { token: `word${number} ` })),
    ofRun('token_usage', 'write', { prompt_tokens: number, completion_tokens: number, total_tokens: 2 * number }),
    ...(number % 2 === 0 ? [ofRun('token_usage', undefined, { total_tokens: number })] : []),
    ofRun('log', 'write', { level: 'info', message: `line ${number}` }),
    { event: 'log', data: { message: `seen ${number}` } },
  ];
}

test.each(views)('/%s stays up to date while the browser translates the page', async (view) => {
  await redis.publish(...round(0));
  const page = await newPage();
  let received = '';
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => (received = `${received}${String(payload)}`.slice(-10_000))),
  );
  await page.goto(`${relay.origin}/${view}`);
  await hasStatus(page, 'live');
  await page.locator('h1').first().waitFor();
  await page.locator('header button[data-status]').click();
  await page.evaluate(translate);
  expect(await page.evaluate(() => window.translated)).toBeGreaterThan(10);
  for (let number = 1; number <= 12; number++) {
    await redis.publish(...round(number));
    await redis.client.publish('cecelia:events', `refused ${number}`);
    // Each round is rendered for itself, so that what it changes and removes differs from round to round.
    await until(
      () => received.includes(`"seen ${number}"`),
      () => `round ${number} at the page`,
    );
    await rendered(page);
  }
  await redis.publish({ event: 'task:completed', data: { taskId: 'last', title: `The last of ${view}` } });
  if (view.startsWith('#/board')) await page.getByText(`The last of ${view}`, { exact: true }).first().waitFor();
  if (view === '') {
    await page.context().setOffline(true);
    await hasStatus(page, 'reconnecting');
    await page.context().setOffline(false);
    await hasStatus(page, 'live');
  }
  await page.getByRole('link', { name: 'Feed', exact: true }).click();
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  expect(await page.getByText('could not be displayed').count()).toBe(0);
  expect(await page.evaluate(() => window.stale())).toEqual([]);
  // The browser reports what it could not fetch while it was offline, also the service worker.
  const offline = ['WebSocket connection', 'ERR_INTERNET_DISCONNECTED', 'An unknown error occurred when fetching the script'];
  expect(consoleErrors.filter((text) => !offline.some((words) => text.includes(words)))).toEqual([]);
});
