import { computed, type ComputedRef, getCurrentScope, type MaybeRefOrGetter, onScopeDispose, shallowRef, toValue, watch } from 'vue';
import type { NodeEntity } from '../types/messages';
import { type ConnectionState, isConnected } from '../services/connection-state';
import type { RelayConnection } from '../services/relay-connection';
import type { ExecutionStatus } from '../state/execution-status';
import { pageViews, type RelayView, viewOf, type ViewOptions } from '../state/shared-views';
import { connectionStore, type Execution, executionStore } from '../state/stores';

export interface ExecutionOptions extends Omit<ViewOptions, 'filter'> {
  /** A connection to use. It is connected if necessary, and not closed. Default: a connection with the events of this execution only. */
  readonly connection?: RelayConnection;
}

/** An execution in Execution's terms, each member a ref; `null`: unknown. */
export type ExecutionRefs = {
  readonly [Member in Exclude<keyof ExecutionStatus, 'execution_id'>]: ComputedRef<ExecutionStatus[Member]>;
} & {
  readonly nodes: ComputedRef<readonly NodeEntity[]>;
  readonly isConnected: ComputedRef<boolean>;
  readonly connectionState: ComputedRef<ConnectionState>;
};

/** The values of all refs at one moment. */
interface Values {
  readonly execution: Execution;
  readonly state: ConnectionState;
}

/**
 * Follows an execution, or another one when the id changes, until the component or scope ends. Refs change at most once per animation frame. Call it in a
 * component's setup or in an effect scope.
 */
export function useExecution(executionId: MaybeRefOrGetter<string>, { connection, ...options }: ExecutionOptions = {}): ExecutionRefs {
  const relayOf = (id: string): RelayView => (connection ? viewOf(connection) : pageViews.get({ ...options, filter: { execution: id } }));
  const storesOf = (id: string) => {
    const relay = relayOf(id);
    const [execution, connectionState] = [executionStore(relay, id), connectionStore(relay.connection)];
    const read = (): Values => ({ execution: execution.getSnapshot(), state: connectionState.getSnapshot() });
    return { stores: [execution, connectionState], read };
  };
  const values = shallowRef(storesOf(toValue(executionId)).read());

  const follow = (id: string): (() => void) => {
    const { stores, read } = storesOf(id);
    const update = () => (values.value = read());
    const stops = stores.map((store) => store.subscribe(update));
    update();
    return () => {
      for (const stop of stops) stop();
    };
  };
  // Server-side rendering does not follow changes.
  if (typeof window !== 'undefined') {
    const stop = watch(
      () => toValue(executionId),
      (id, _, onCleanup) => onCleanup(follow(id)),
      { immediate: true },
    );
    if (getCurrentScope()) onScopeDispose(stop);
  }

  return {
    status: computed(() => values.value.execution.status),
    progress: computed(() => values.value.execution.progress),
    message: computed(() => values.value.execution.message),
    result: computed(() => values.value.execution.result),
    error: computed(() => values.value.execution.error),
    execution_time: computed(() => values.value.execution.execution_time),
    uncertain: computed(() => values.value.execution.uncertain),
    nodes: computed(() => values.value.execution.nodes),
    isConnected: computed(() => isConnected(values.value.state)),
    connectionState: computed(() => values.value.state),
  };
}
