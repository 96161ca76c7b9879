import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { until } from './programs';
import { hasStatus, testBed } from './test-bed';

const { redis, relay, newPage, openLive } = testBed({ settings: { CECELIA_COMMAND_NAMES: 'pause_session,resume_session,user_input' } });

async function choose(page: Page, name: string | RegExp): Promise<void> {
  const menu = page.locator('header').getByRole('button', { name: /^(?:Preferences|偏好设置)$/ });
  await menu.click();
  await page.getByRole('radio', { name }).click();
  // The views were rendered again, and the menu is closed again.
  await page.getByRole('radio', { name }).waitFor({ state: 'detached' });
}

const languageOf = (page: Page) => page.evaluate(() => document.documentElement.lang);
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

test('the page has the language of the browser, and another one at a choice, without a new connection', async () => {
  const page = await openLive('#/board', { locale: 'zh-CN' });
  await heading(page, '看板');
  expect(await languageOf(page)).toBe('zh-CN');
  expect(await page.title()).toBe('看板 · Cecelia 指挥中心');

  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await relay.hasConnections(1);
  const connectionIds = async () => (await relay.get<{ instances: { connections: { id: string }[] }[] }>('/api/v1/connections')).instances;
  const before = (await connectionIds()).flatMap(({ connections }) => connections.map(({ id }) => id));
  await choose(page, 'English');
  await heading(page, 'Board');
  expect(await languageOf(page)).toBe('en');
  expect(await page.title()).toBe('Board · Cecelia Command Center');
  expect((await connectionIds()).flatMap(({ connections }) => connections.map(({ id }) => id))).toEqual(before);
  expect(sockets).toEqual([]);

  await page.reload();
  await heading(page, 'Board');
  expect(await languageOf(page)).toBe('en');
  await choose(page, '简体中文');
  await heading(page, '看板');
});

test('a page has the messages of its language only, and says so if they cannot be loaded', async () => {
  const page = await newPage({ locale: 'zh-CN', serviceWorkers: 'block' });
  const files: string[] = [];
  page.on('request', (request) => files.push(new URL(request.url()).pathname));
  await page.route('**/zh-CN-*.js', (route) => route.abort());
  await page.goto(`${relay.origin}/#/board`);
  await page.getByText('无法加载指挥中心').waitFor();

  await page.unroute('**/zh-CN-*.js');
  await page.reload();
  await heading(page, '看板');
  expect(files.filter((path) => /\/(?:en|zh-CN)-[\w-]+\.js$/.test(path)).map((path) => /\/(en|zh-CN)-/.exec(path)?.[1])).toEqual([
    'zh-CN',
    'zh-CN',
  ]);
});

test('all times follow the chosen time zone', async () => {
  const page = await openLive('#/feed', { locale: 'en-GB', timezoneId: 'Asia/Shanghai' });
  await redis.publish({ event: 'log', data: { level: 'info', message: 'at a time' } });
  const row = page.getByRole('listitem').filter({ hasText: 'at a time' }).first();
  await row.waitFor();
  const time = async () => /(\d\d):(\d\d:\d\d\.\d{3})/.exec(await row.innerText())?.slice(1) ?? [];
  const [localHour, localRest] = await time();
  expect(await row.getByTitle('Time zone: Asia/Shanghai').count()).toBe(1);
  await choose(page, 'UTC');
  await row.getByTitle('Time zone: UTC').waitFor();
  const [hour, rest] = await time();
  expect(rest).toBe(localRest);
  expect((Number(localHour) - Number(hour) + 24) % 24).toBe(8);
  await page.reload();
  await hasStatus(page, 'live');
  // From the history, as it was published before.
  await row.getByTitle('Time zone: UTC').waitFor();
});

/** Words that are the same in Chinese. */
const same = [
  'Cecelia',
  'Brain',
  'English',
  'UTC',
  'ID',
  'JSON',
  'Token',
  'React Flow attribution',
  'React Flow',
  'Redis',
  'Esc',
  'Home',
  'End',
  'KB',
  'MB',
  'p99',
];

/** Returns the Latin words that are visible or named in the page, outside of published text. */
function englishWordsIn(page: Page): Promise<readonly string[]> {
  return page.evaluate((names) => {
    const found = new Set<string>();
    const check = (text: string) => {
      const rest = names.reduce((left, name) => left.replaceAll(name, ''), text);
      if (/[A-Za-z]{2,}/.test(rest)) found.add(text.trim());
    };
    const isForeign = (element: Element | null) => element?.closest('[translate=no], [lang=en], code, kbd, script, style') != null;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const element = node.parentElement;
      if (!isForeign(element) && element?.checkVisibility() === true) check(node.textContent ?? '');
    }
    for (const name of ['aria-label', 'title', 'placeholder']) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const text = element.getAttribute(name) ?? '';
        // A label may contain published text beside its own.
        if (!isForeign(element) && !/\p{Script=Han}/u.test(text)) check(text);
      }
    }
    return [...found];
  }, same);
}

test.each(['', '#/board', '#/board?task=a1', '#/executions', '#/executions/e1', '#/feed', '#/refused', '#/connections'])(
  'no English words remain in the Chinese page %s',
  async (view) => {
    const node = (id: string, status: string, more: object = {}) => ({
      event: 'node_state_change',
      execution_id: 'e1',
      data: { node_id: id, status, title: '节点', ...more },
    });
    await redis.publish(
      { event: 'task:created', data: { taskId: 'a1', title: '第一个任务', status: 'queued' } },
      { event: 'task:started', data: { taskId: 'a1', status: 'running', progress: 40 } },
      { event: 'task:failed', data: { taskId: 'a2', title: '第二个任务', status: 'failed', error: '磁盘已满' } },
      { event: 'task:completed', data: { taskId: 'a3', title: '第三个任务', status: 'completed' } },
      { type: 'task_created', project_id: '文档', data: { id: 'a4', title: '第四个任务', status: 'in_review' } },
      { type: 'agent_spawned', project_id: '文档', data: { agent_id: 'ada', name: '小艾', status: 'working' } },
      { event: 'execution:started', execution_id: 'e1', data: { message: '开始', progress: 10 } },
      node('plan', 'completed'),
      node('write', 'running', { depends_on: ['plan'] }),
      {
        event: 'token_usage',
        execution_id: 'e1',
        data: { node_id: 'write', prompt_tokens: 1200, completion_tokens: 345, total_tokens: 1545 },
      },
      { event: 'token_stream', execution_id: 'e1', data: { node_id: 'write', token: '你好' } },
    );
    await redis.publishText('nonsense');
    const page = await openLive(view, { locale: 'zh-CN' });
    await redis.publish({ event: 'log', execution_id: 'e1', data: { level: 'info', message: '一行日志' } });
    await page.waitForLoadState('networkidle');
    await until(
      () => page.evaluate(() => document.querySelectorAll('main [role=status][aria-label]').length === 0),
      () => 'still loading',
    );
    expect(await englishWordsIn(page)).toEqual([]);
    await page.locator('header [data-status=live]').click();
    await page.getByRole('region', { name: '连接' }).last().waitFor();
    expect(await englishWordsIn(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '偏好设置' }).click();
    expect((await englishWordsIn(page)).filter((text) => !text.includes('（'))).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '键盘快捷键' }).click();
    await page.getByRole('dialog').last().waitFor();
    expect(await englishWordsIn(page)).toEqual([]);
  },
);
