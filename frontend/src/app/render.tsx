import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startNotificationLinks } from '../features/notify/show-notification';
import { App } from './app';

/** Replaces what index.html shows until now. */
export function render(): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no #root');
  startNotificationLinks();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
