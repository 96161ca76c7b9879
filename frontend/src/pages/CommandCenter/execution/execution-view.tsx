import { type LivePart, useLive, useRelay, useVersion } from 'cecelia-client/react';
import { executionNodes, type LiveView } from 'cecelia-client/state';
import { ArrowLeft, Workflow } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { JsonView } from '../../../components/json-view';
import { Panel } from '../../../components/panel';
import { pastEventsOf } from '../../../features/history/past-events';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { statusKind } from '../../../format/status-kind';
import { formatField } from '../../../format/format-value';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { summarizeExecution } from '../executions/execution-list';
import { edgesOf, topologicalOrder } from './graph-edges';
import { followedNode } from './followed-node';
import { NodeList } from './node-list';
import { ExecutionCommands } from './execution-commands';
import { ExecutionGraph } from './execution-graph';
import { ExecutionHeader } from './execution-header';
import { ExecutionLogs, useExecutionLogs } from './execution-logs';
import styles from './execution-view.module.css';
import { NodeOutput } from './node-output';
import { useIsNarrow } from './use-is-narrow';

const nodesPart: readonly LivePart[] = ['nodes'];

/** Status, nodes, output, log and commands of an execution. */
export function ExecutionView({ executionId }: { readonly executionId: string }) {
  const { connection, view } = useRelay();
  useEffect(() => pastEventsOf(view, executionId).start(connection), [connection, view, executionId]);
  const route = useRoute();
  const isNarrow = useIsNarrow();
  useVersion('executions');
  const all = useLive(
    useCallback((from: LiveView) => executionNodes(from, executionId), [executionId]),
    nodesPart,
  );
  const nodesWithId = all.filter(({ id }) => id !== '');
  const logs = useExecutionLogs(executionId, true);
  const [pinned, setPinned] = useState<string | null>(null);
  const [followed, setFollowed] = useState<string | null>(null);
  const next = followedNode(nodesWithId, followed);
  if (next !== followed) setFollowed(next);

  const execution = view.sections.executions.get(executionId);
  const edges = edgesOf(nodesWithId);
  const nodes = topologicalOrder(nodesWithId, edges);
  const selectedId = nodes.some(({ id }) => id === pinned) ? pinned : next;
  const selected = nodes.find(({ id }) => id === selectedId);
  const isKnown = execution !== undefined || all.length > 0;
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <a className={styles.back} href={routeHref({ ...route, execution: null })}>
          <ArrowLeft size={15} aria-hidden /> <span>{t('execution.back')}</span>
        </a>
        <ExecutionHeader summary={summarizeExecution(executionId, execution, all)} execution={execution} />
        {isKnown && <ExecutionCommands executionId={executionId} status={execution?.status} />}
      </header>
      {!isKnown && !view.hasState ? (
        <ConnectionFallback>
          <EmptyState title={t('execution.loading')} icon={Workflow} />
        </ConnectionFallback>
      ) : !isKnown ? (
        <ConnectionFallback>
          <EmptyState title={t('execution.not-found')} icon={Workflow}>
            {t('execution.not-found.text')}
          </EmptyState>
        </ConnectionFallback>
      ) : (
        <div className={classNames(styles.parts, nodes.length === 0 && styles.plain)}>
          {nodes.length > 0 && (
            <Panel
              title={t('execution.nodes.count', { count: nodes.length })}
              aside={<Legend kind={edges.kind} count={edges.edges.length} />}
              className={styles.graph}
              flush
            >
              <ExecutionGraph nodes={nodes} edges={edges} selected={selectedId} onSelect={setPinned} isNarrow={isNarrow} />
            </Panel>
          )}
          {nodes.length > 0 && (
            <Panel
              title={t('execution.output')}
              className={styles.text}
              flush
              aside={
                pinned === null ? (
                  t('execution.output.following')
                ) : (
                  <button type="button" className={styles.link} onClick={() => setPinned(null)}>
                    {t('execution.output.follow-node')}
                  </button>
                )
              }
            >
              <div className={styles.node}>
                <NodeList nodes={nodes} selected={selectedId} onSelect={setPinned} />
                {selected?.error !== undefined && (
                  <p className={styles.error} {...published(formatField(selected, 'error'))}>
                    {formatField(selected, 'error')}
                  </p>
                )}
                <div className={styles.stream}>
                  {selectedId !== null && <NodeOutput key={selectedId} executionId={executionId} nodeId={selectedId} />}
                </div>
              </div>
            </Panel>
          )}
          {execution?.result != null && (
            <Panel title={t('execution.result')} className={styles.result}>
              <JsonView value={execution.result} label={t('execution.result.label')} />
            </Panel>
          )}
          <Panel
            title={t('execution.log')}
            aside={logs.length > 0 ? t('execution.log.count', { count: logs.length }) : undefined}
            className={styles.logs}
            flush
          >
            <ExecutionLogs lines={logs} />
          </Panel>
        </div>
      )}
      {statusKind(execution?.status) === 'failed' && formatField(execution, 'error') !== undefined && nodes.length === 0 && (
        <p className={styles.error} {...published(formatField(execution, 'error'))}>
          {formatField(execution, 'error')}
        </p>
      )}
    </div>
  );
}

/** Legend of the edges. */
function Legend({ kind, count }: { readonly kind: 'declared' | 'observed'; readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className={styles.legend}>
      <i className={kind === 'observed' ? styles.dashed : styles.solid} />
      <span>{t(`execution.graph.${kind}`)}</span>
    </span>
  );
}
