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

// One example of the README, by its name: as a page of each system would show it.

const react: Readonly<Record<string, ComponentType>> = {
  'system-a': ExecutionStatusPanel,
  'system-b': TaskBoard,
  'system-d': Session,
  'shared-worker': SharedTasks,
  commands: Commands,
};
const vue: Readonly<Record<string, Component>> = { 'system-c': ExecutionPage, 'system-c-component': ExecutionComponent };

const name = new URLSearchParams(location.search).get('example') ?? '';
const place = document.querySelector('main');
if (!place) throw new Error('The page has no place for an example');
const Example = react[name];
if (Example) {
  createRoot(place).render(
    <StrictMode>
      <Example />
    </StrictMode>,
  );
} else if (vue[name]) createApp(vue[name]).mount(place);
else throw new Error(`There is no example ${name}`);
