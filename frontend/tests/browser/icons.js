// Draws the icons of the installed page from src/app/icon.svg: node tests/browser/icons.js
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const source = await readFile(new URL('../../src/app/icon.svg', import.meta.url), 'utf8');
const folder = new URL('../../public/icons/', import.meta.url);
// A maskable icon fills its square, and what matters is in the inner 80 %.
const maskable = source.replace(' rx="8"', '').replace('viewBox="0 0 32 32"', 'viewBox="0 0 32 32" style="background:#4f46e5"');

await writeFile(new URL('icon.svg', folder), source);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const [name, size, svg] of [
  ['icon-192.png', 192, source],
  ['icon-512.png', 512, source],
  ['maskable-512.png', 512, maskable],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`);
  await page.screenshot({ path: new URL(name, folder).pathname, omitBackground: true });
}
await browser.close();
