import { hasEnded, statusKind } from '../../format/status-kind';

/** What a user can do to a task or an execution, in the order of the buttons. */
export const actions = ['pause', 'resume', 'retry', 'cancel', 'input'] as const;
export type Action = (typeof actions)[number];

/** The command of each action. Those that Workflow does not have are named after its own. */
const commandNames: Readonly<Record<Action, string>> = {
  pause: 'pause_session',
  resume: 'resume_session',
  retry: 'retry_session',
  cancel: 'cancel_session',
  input: 'user_input',
};

/** A task or an execution, as far as actions depend on it. */
export interface ActionTarget {
  readonly kind: 'task' | 'execution';
  readonly id: string;
  readonly status: string | undefined;
  readonly project: string | undefined;
  /** The execution that a task is in; `undefined`: none, or unknown. */
  readonly executionId?: string | undefined;
}

export interface ActionCommand {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  readonly projectId: string | undefined;
}

/** Maximum length of an input. */
export const inputLength = 4000;

/** Returns the actions whose commands the relay accepts. `names` as in `commandNames` of the connection. */
export function allowedActions(names: readonly string[] | null): readonly Action[] {
  return actions.filter((action) => names?.some((name) => matches(name, commandNames[action])) === true);
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Returns true if the action makes sense for a status. A status that only its publisher understands excludes nothing but a retry. */
export function isPossible(action: Action, status: string | undefined): boolean {
  const kind = statusKind(status);
  switch (action) {
    case 'pause':
      return kind === 'running' || kind === 'other' || (kind === 'paused' && !isHeld(status));
    case 'resume':
      return kind === 'other' ? status !== undefined : isHeld(status);
    case 'retry':
      return kind === 'failed' || kind === 'stopped';
    case 'cancel':
      return !hasEnded(status);
    case 'input':
      return !hasEnded(status) && kind !== 'waiting';
  }
}

/** Returns true for what continues only on request. What waits for input continues with the input. */
function isHeld(status: string | undefined): boolean {
  return status !== undefined && /^(paused|blocked)$/i.test(status);
}

/** Returns the command of an action. It names the project and the execution where they are known: the rights of a user may be limited to them. */
export function commandOf(action: Action, target: ActionTarget, text?: string): ActionCommand {
  const executionId = target.kind === 'execution' ? target.id : target.executionId;
  return {
    name: commandNames[action],
    data: {
      ...(target.kind === 'task' && { taskId: target.id }),
      ...(executionId !== undefined && { execution_id: executionId }),
      ...(action === 'input' && { text: text ?? '' }),
    },
    projectId: target.project,
  };
}
