import { type ComponentType, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type Component, createApp } from 'vue';
import Commands from '../../../examples/commands';
import SharedTasks from '../../../examples/shared-worker';
import ExecutionStatusPanel from '../../../examples/system-a';
import TaskBoard from '../../../examples/system-b';
import ExecutionPage from '../../../examples/system-c.vue';
import ExecutionComponent from '../../../examples/system-c-component.vue';
import Session from '../../../examples/system-d';

// Renders one example of the README, selected by name.

const react: Readonly<Record<string, ComponentType>> = {
  'system-a': ExecutionStatusPanel,
  'system-b': TaskBoard,
  'system-d': Session,
  'shared-worker': SharedTasks,
  commands: Commands,
};
const vue: Readonly<Record<string, Component>> = { 'system-c': ExecutionPage, 'system-c-component': ExecutionComponent };

const name = new URLSearchParams(location.search).get('example') ?? '';
const container = document.querySelector('main');
if (!container) throw new Error('The page has no main element');
const Example = react[name];
if (Example) {
  createRoot(container).render(
    <StrictMode>
      <Example />
    </StrictMode>,
  );
} else if (vue[name]) createApp(vue[name]).mount(container);
else throw new Error(`Unknown example ${name}`);
