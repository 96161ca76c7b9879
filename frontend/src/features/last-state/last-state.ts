import { exactJson, parseJson, type StateResponse } from 'cecelia-client';
import type { LiveView, Sections } from 'cecelia-client/state';
import { hasEnded } from '../../format/status-kind';

/** The state that a page showed last, kept in the browser. */
export interface LastState {
  /** The user who saw it; empty: the relay had no access control. */
  readonly user: string;
  /** Until when it was current, in Unix milliseconds of this page's clock. */
  readonly at: number;
  readonly entities: Entities;
}

type Entities = Pick<StateResponse, 'tasks' | 'executor' | 'executions' | 'agents' | 'projects'>;

const maxLength = 2_000_000;
const maxEntities = 5000;

/**
 * The state as text: at most 5,000 tasks and 2 MB. Work that has not ended comes first, then the newest. Nodes and their texts are not kept.
 */
export function writeLastState(view: Pick<LiveView, 'sections'>, user: string, at: number): string {
  const { sections } = view;
  let room = maxLength;
  const list = (entities: Iterable<{ readonly status?: string }>, limit = maxEntities) => {
    const texts: string[] = [];
    for (const entity of entities) {
      const text = exactJson(entity);
      if (texts.length >= limit || text.length > room) break;
      room -= text.length + 1;
      texts.push(text);
    }
    return `[${texts.join(',')}]`;
  };
  const parts = {
    executor: list(sections.executor.values(), 100),
    projects: list(sections.projects.values(), 500),
    executions: list(importantFirst(sections.executions), 500),
    agents: list(sections.agents.values(), 200),
    tasks: list(importantFirst(sections.tasks)),
  };
  const entities = Object.entries(parts).map(([name, text]) => `"${name}":${text}`);
  return `{"user":${JSON.stringify(user)},"at":${at},"entities":{${entities.join(',')}}}`;
}

function importantFirst<Entity extends { readonly status?: string }>(section: ReadonlyMap<string, Entity>): Entity[] {
  const all = [...section.values()].reverse();
  return [...all.filter(({ status }) => !hasEnded(status)), ...all.filter(({ status }) => hasEnded(status))];
}

/** Reads a state; `null` if the text is none. It was written by this page, but perhaps by another version of it. */
export function readLastState(text: string): LastState | null {
  try {
    const state = parseJson(text) as Partial<LastState> | null;
    const { user, at, entities } = state ?? {};
    if (typeof user !== 'string' || typeof at !== 'number' || typeof entities !== 'object') return null;
    const lists: readonly (keyof Sections & keyof Entities)[] = ['tasks', 'executor', 'executions', 'agents', 'projects'];
    return lists.every((name) => Array.isArray(entities[name])) ? { user, at, entities } : null;
  } catch {
    return null;
  }
}
