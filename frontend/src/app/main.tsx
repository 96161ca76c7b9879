import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startTheme } from '../components/theme';
import { startForgetting } from '../features/last-state/last-state-store';
import { startRoute } from '../features/navigation/route';
import { startWall } from '../features/access/wall-token';
import { App } from './app';
import { startServiceWorker } from './start-service-worker';
import './tokens.css';
import './base.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
startTheme();
startRoute();
startWall();
startForgetting();
startServiceWorker();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
