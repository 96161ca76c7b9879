import { type ComponentType, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type Component, createApp } from 'vue';
import Commands from '../../../examples/commands';
import SharedTasks from '../../../examples/shared-worker';
import ExecutionStatusPanel from '../../../examples/cecelia';
import TaskBoard from '../../../examples/tasktree';
import ExecutionPage from '../../../examples/execution.vue';
import ExecutionComponent from '../../../examples/execution-component.vue';
import Session from '../../../examples/workflow';
import SessionText from '../../../examples/workflow-routes';

// Renders one example of the README, selected by name.

const react: Readonly<Record<string, ComponentType>> = {
  cecelia: ExecutionStatusPanel,
  tasktree: TaskBoard,
  workflow: Session,
  'workflow-routes': SessionText,
  'shared-worker': SharedTasks,
  commands: Commands,
};
const vue: Readonly<Record<string, Component>> = { execution: ExecutionPage, 'execution-component': ExecutionComponent };

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
