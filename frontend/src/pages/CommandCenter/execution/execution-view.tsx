import { useRelay, useVersion } from 'cecelia-client/react';
import { executionNodes } from 'cecelia-client/state';
import { ArrowLeft, Workflow } from 'lucide-react';
import { type CSSProperties, useEffect, useMemo, useRef, useState } from 'react';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { JsonView } from '../../../components/json-view';
import { Panel } from '../../../components/panel';
import { pastEventsOf } from '../../../features/history/past-events';
import { routeHref, useRoute, useShown } from '../../../features/navigation/route';
import { isUncertain, statusKind } from '../../../format/status-kind';
import { formatField } from '../../../format/format-value';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { useNow } from '../../../features/relay/page-clock';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import { summarizeExecution } from '../executions/execution-list';
import type { ExecutionTask } from '../executions/execution-tasks';
import { edgesOf, topologicalOrder } from './graph-edges';
import { followedNode } from './followed-node';
import { ExecutionActions } from './execution-actions';
import { ExecutionFacts } from './execution-facts';
import { ExecutionGantt } from './execution-gantt';
import { ExecutionGraph } from './execution-graph';
import { ExecutionHeader } from './execution-header';
import { ExecutionLogs } from './execution-logs';
import styles from './execution-view.module.css';
import { CriticalPathLegend, EdgeLegend } from './legends';
import { NodeOutput } from './node-output';
import { nodeTitle } from './node-title';
import { timelineOf } from './timeline';
import { useExecutionTrace } from './use-execution-trace';
import { WaitingBanner } from './waiting-banner';

/** Shortest time between two renderings, in milliseconds. Only the output is rendered in every frame. */
const updateMs = 250;

interface ExecutionViewProps {
  readonly executionId: string;
  readonly task: ExecutionTask | undefined;
}

/** An execution as a trace: numbers, graph and Gantt chart of its nodes, output, log and commands. */
export function ExecutionView({ executionId, task }: ExecutionViewProps) {
  const { connection, view, live } = useRelay();
  useEffect(() => pastEventsOf(live, executionId).start(connection), [connection, live, executionId]);
  const route = useRoute();
  const executionsVersion = useThrottledVersion('executions', updateMs);
  const nodesVersion = useThrottledVersion('nodes', updateMs);
  const feedVersion = useThrottledVersion('feed', updateMs);
  const gapsVersion = useVersion('gaps');
  const now = useNow() + view.clockOffset;
  const trace = useExecutionTrace();
  // Of a link, it may be unknown: not there yet, or never.
  const [pinned, setPinned] = useShown('node');
  const [hovered, setHovered] = useState<string | null>(null);
  const [followed, setFollowed] = useState<string | null>(null);
  const commands = useRef<HTMLDivElement>(null);

  /* eslint-disable react-hooks/exhaustive-deps -- the view and the trace change in place, the versions change with them */
  const all = useMemo(() => executionNodes(view, executionId), [view, executionId, nodesVersion]);
  const { nodes, edges } = useMemo(() => {
    const withId = all.filter(({ id }) => id !== '');
    const found = edgesOf(withId);
    return { nodes: topologicalOrder(withId, found), edges: found };
  }, [all]);
  const execution = view.sections.executions.get(executionId);
  const timeline = useMemo(
    () => timelineOf(execution, nodes, edges, trace, view.gaps, now),
    [execution, nodes, edges, trace, view, now, executionsVersion, feedVersion, gapsVersion],
  );
  /* eslint-enable react-hooks/exhaustive-deps */
  const next = followedNode(nodes, followed);
  if (next !== followed) setFollowed(next);
  const pinnedId = nodes.some(({ id }) => id === pinned) ? pinned : null;
  const selectedId = pinnedId ?? next;
  const selected = nodes.find(({ id }) => id === selectedId);
  const isFollowable = nodes.some((node) => node.id === next && statusKind(node.status) === 'running' && !isUncertain(node));
  const isKnown = execution !== undefined || all.length > 0;
  const summary = summarizeExecution(executionId, execution, all);
  return (
    <div className={styles.page} style={{ '--nodes': nodes.length } as CSSProperties}>
      <header className={styles.header}>
        <a className={styles.back} href={routeHref({ ...route, execution: null })}>
          <ArrowLeft size={15} aria-hidden /> <span>{t('execution.back')}</span>
        </a>
        <ExecutionHeader
          summary={summary}
          execution={execution}
          task={task}
          facts={isKnown && <ExecutionFacts summary={summary} execution={execution} nodes={nodes} trace={trace} now={now} />}
        />
        {isKnown && (
          <>
            <WaitingBanner
              execution={execution}
              nodes={nodes}
              trace={trace}
              onSelect={setPinned}
              onAnswer={() => commands.current?.querySelector<HTMLElement>('input, textarea')?.focus()}
            />
            <div ref={commands}>
              <ExecutionActions summary={summary} />
            </div>
          </>
        )}
      </header>
      {!isKnown && !view.hasState ? (
        <ConnectionFallback>
          <EmptyState title={t('execution.loading')} icon={Workflow} />
        </ConnectionFallback>
      ) : !isKnown ? (
        <ConnectionFallback>
          <EmptyState title={t(view === live ? 'execution.not-found' : 'history.execution.none')} icon={Workflow}>
            {view === live ? t('execution.not-found.text') : null}
          </EmptyState>
        </ConnectionFallback>
      ) : (
        <div className={classNames(styles.parts, nodes.length === 0 && styles.plain)}>
          {nodes.length > 0 && (
            <>
              <Panel
                title={t('execution.gantt')}
                aside={<CriticalPathLegend timeline={timeline} kind={edges.kind} />}
                className={styles.gantt}
                flush
              >
                <ExecutionGantt timeline={timeline} selected={selectedId} hovered={hovered} onSelect={setPinned} onHover={setHovered} />
              </Panel>
              <Panel
                title={t('execution.nodes.count', { count: nodes.length })}
                aside={<EdgeLegend kind={edges.kind} count={edges.edges.length} />}
                className={styles.graph}
                flush
              >
                <ExecutionGraph
                  nodes={nodes}
                  edges={edges}
                  critical={timeline.critical}
                  selected={selectedId}
                  hovered={hovered}
                  onSelect={setPinned}
                  onHover={setHovered}
                />
              </Panel>
              <Panel
                title={t('execution.output')}
                className={styles.text}
                flush
                aside={
                  <>
                    {selected !== undefined && <b {...published(nodeTitle(selected))}>{nodeTitle(selected)}</b>}
                    {pinnedId === null ? (
                      <span>{t(isFollowable ? 'execution.output.following' : 'execution.output.latest')}</span>
                    ) : (
                      <button type="button" className={styles.link} onClick={() => setPinned('')}>
                        {t(isFollowable ? 'execution.output.follow-node' : 'execution.output.show-latest')}
                      </button>
                    )}
                  </>
                }
              >
                <div className={styles.node}>
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
            </>
          )}
          {execution?.result != null && (
            <Panel title={t('execution.result')} className={styles.result}>
              <JsonView value={execution.result} label={t('execution.result.label')} />
            </Panel>
          )}
          <ExecutionLogs executionId={executionId} node={pinnedId} onAllNodes={() => setPinned('')} className={styles.logs} />
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
