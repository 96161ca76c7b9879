/* global document, innerWidth */
/**
 * Takes a screenshot of each view, at five sizes, in both themes and languages: `artifacts/NAME-WIDTH-THEME-LANGUAGE.png`.
 *
 *   CECELIA_PAGE=http://localhost:5221/ CECELIA_REDIS_URL=redis://127.0.0.1:6379 node tests/browser/screenshots.js [NAME…]
 *
 * A relay serves the page and `Relay demo` publishes tasks; this script publishes the other events. CECELIA_TOKEN: the token for a relay that requires one.
 * Exits with 1 if a page reported an error.
 */
import { mkdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { chromium } from 'playwright-core';
import { publishScenario, continueExecution } from './scenario.js';

const page = process.env.CECELIA_PAGE ?? 'http://localhost:5221/';
const folder = new URL('../../artifacts/', import.meta.url).pathname;
const sizes = [
  { width: 360, height: 780 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
  { width: 2560, height: 1440 },
  { width: 3840, height: 2160 },
].filter(({ width }) => !process.env.CECELIA_WIDTHS || process.env.CECELIA_WIDTHS.split(',').includes(String(width)));
const themes = (process.env.CECELIA_THEMES ?? 'light,dark').split(',');
const languages = (process.env.CECELIA_LANGUAGES ?? 'en,zh-CN').split(',');

/** Sign-in is the view of a page without a token. */
const token = process.env.CECELIA_TOKEN;

/** @type {Record<string, { hash: string, isSignedOut?: boolean, ready?: string, prepare?: (page: import('playwright-core').Page) => Promise<unknown> }>} */
const views = {
  overview: { hash: '#/' },
  connection: { hash: '#/', prepare: (tab) => tab.locator('button[data-status]').click() },
  board: { hash: '#/board' },
  task: { hash: '#/board?task=long' },
  executions: { hash: '#/executions' },
  execution: {
    hash: '#/executions/e1',
    prepare: (tab) =>
      tab
        .locator('.react-flow__node')
        .first()
        .waitFor()
        .then(() => continueExecution(redis)),
  },
  observed: { hash: '#/executions/e2', prepare: (tab) => tab.locator('.react-flow__node').first().waitFor() },
  feed: { hash: '#/feed' },
  refused: { hash: '#/refused' },
  connections: { hash: '#/connections' },
  ...(token && {
    user: { hash: '#/', prepare: (tab) => tab.locator('button[aria-label^="User"]').click() },
    'sign-in': { hash: '#/', isSignedOut: true },
  }),
  help: { hash: '#/', prepare: (tab) => tab.keyboard.press('?') },
  palette: { hash: '#/', prepare: (tab) => tab.keyboard.press('ControlOrMeta+k') },
  wall: { hash: '?wall#/', ready: '[data-wall=live]' },
};

const variants = themes.flatMap((theme) => languages.flatMap((language) => sizes.map((viewport) => ({ theme, language, viewport }))));
const names = process.argv.slice(2);
const errors = [];
mkdirSync(folder, { recursive: true });
const redis = new Redis(process.env.CECELIA_REDIS_URL ?? 'redis://127.0.0.1:6379');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  if (!process.env.CECELIA_QUIET) await publishScenario(redis);
  for (const { theme, language, viewport } of variants) {
    const context = await browser.newContext({ viewport, colorScheme: theme, locale: language });
    const tab = await context.newPage();
    tab.on('pageerror', (error) => errors.push(`${tab.url()}: ${error.message}`));
    // The page asks without a token first.
    const isExpected = (text) => Boolean(token) && /401|Authentication failed/.test(text);
    tab.on('console', (message) => {
      if (message.type() === 'error' && !isExpected(message.text())) errors.push(`${tab.url()}: ${message.text()}`);
    });
    await tab.goto(page);
    for (const [name, { hash, isSignedOut, ready = 'button[data-status=live]', prepare }] of Object.entries(views)) {
      if (names.length > 0 && !names.includes(name)) continue;
      if (token) await tab.evaluate((text) => sessionStorage.setItem('cecelia-token', text), isSignedOut ? '' : token);
      await tab.goto('about:blank');
      await tab.goto(page + hash);
      await Promise.resolve(tab.locator(isSignedOut ? 'input[type=password]' : ready).waitFor({ timeout: 15_000 }))
        .then(() => prepare?.(tab))
        .catch((error) => errors.push(`${name}: ${error.message.split('\n')[0]}`));
      // Wait for data in charts and feeds.
      await tab.waitForTimeout(Number(process.env.CECELIA_SETTLE ?? 2500));
      const variant = `${viewport.width}-${theme}-${language}`;
      await tab.screenshot({ path: `${folder}${name}-${variant}.png` });
      const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 0) errors.push(`${name}-${variant}: ${overflow} px wider than the window`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  redis.disconnect();
}
for (const error of new Set(errors)) console.error(error);
process.exit(errors.length > 0 ? 1 : 0);
