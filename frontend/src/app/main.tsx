import { startTheme } from '../components/theme';
import { startWall } from '../features/access/wall-token';
import { startForgetting } from '../features/last-state/last-state-store';
import { currentRoute, startRoute } from '../features/navigation/route';
import { language } from '../i18n/preferences';
import { loadPartOf } from './parts';
import { startServiceWorker } from './start-service-worker';
import './tokens.css';
import './base.css';

startTheme();
startRoute();
startWall();
startForgetting();
startServiceWorker();

/** The page, its connection, the messages of its language and an execution have files of their own, which are loaded side by side. */
async function start(): Promise<void> {
  const connected = import('./page-connection').then(({ openPageConnection }) => openPageConnection());
  // An execution that cannot be loaded says so in its place.
  const part = loadPartOf(currentRoute()).catch(() => undefined);
  const [{ render }] = await Promise.all([import('./render'), connected, language.start(), part]);
  render();
}

start().catch((error: unknown) => {
  document.getElementById('slow')?.remove();
  const failed = document.getElementById('failed');
  if (failed !== null) failed.hidden = false;
  console.error(error);
});
