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

/** Starts the system's Chromium, or the executable in the environment variable CHROMIUM. */
export function openChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...switches, ...more],
    timeout: patienceMs,
  });
}
