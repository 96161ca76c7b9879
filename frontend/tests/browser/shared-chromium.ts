import { chromium, type LaunchOptions } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { patienceMs } from '../../test-limits';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the Chromium that all test files share. */
    chromium: string;
  }
}

/**
 * What Chromium does for its window, which no test sees. Each page had a renderer for the suggestions of the address bar and one in reserve: of 41 s of CPU
 * time for the tests of the languages, 15 s.
 */
const ofTheWindow = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'];

/** The features that Playwright 1.65 switches off for Chromium: of several lists, the last one counts. */
const ofPlaywright = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

const switches = [
  `--disable-features=${[...ofPlaywright, ...ofTheWindow].join(',')}`,
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Options that start the system's Chromium, or the executable in the environment variable CHROMIUM. */
export const launchOptions = (...more: string[]): LaunchOptions => ({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [...switches, ...more],
  timeout: patienceMs,
});

/** Starts the Chromium of all test files. Each test has contexts of its own in it, as different users of one machine do. */
export default async function startChromium(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer(launchOptions());
  project.provide('chromium', server.wsEndpoint());
  return () => server.close();
}
