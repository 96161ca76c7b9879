import { chromium, type Browser } from 'playwright-core';
import { patienceMs } from '../../test-limits';

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The system's Chromium, which the environment variable CHROMIUM may name. */
export function openChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...switches, ...more],
    timeout: patienceMs,
  });
}
