import { ArrowLeft, Workflow } from 'lucide-react';
import { useCallback, useState } from 'react';
import { classNames } from '../../../components/class-names';
import { Empty } from '../../../components/empty';
import { JsonText } from '../../../components/json-text';
import { Panel } from '../../../components/panel';
import { useRelay, useVersion } from '../../../components/relay-context';
import { routeHref, useRoute } from '../../../components/route';
import { statusKind } from '../../../components/status-kind';
import { textIn } from '../../../components/text-of';
import { ofWords } from '../../../components/time-words';
import { Unreached } from '../../../components/unreached';
import { type LivePart, useLive } from '../../../hooks/useLive';
import { executionNodes } from '../../../state/execution-status';
import type { LiveView } from '../../../state/live-view';
import { runSummary } from '../runs/run-list';
import { edgesOf, inOrder } from './edges';
import { followedNode } from './followed-node';
import { NodeList } from './node-list';
import { RunCommands } from './run-commands';
import { RunGraph } from './run-graph';
import { RunHead } from './run-head';
import { RunLogs, useRunLogs } from './run-logs';
import styles from './run-view.module.css';
import { StreamedText } from './streamed-text';
import { useIsNarrow } from './use-is-narrow';

const nodesPart: readonly LivePart[] = ['nodes'];

/** How a run stands, its nodes, what they write and use, what was logged, and what can be told to it. */
export function RunView({ executionId }: { readonly executionId: string }) {
  const { view } = useRelay();
  const route = useRoute();
  const isNarrow = useIsNarrow();
  useVersion('executions');
  const all = useLive(
    useCallback((from: LiveView) => executionNodes(from, executionId), [executionId]),
    nodesPart,
  );
  const named = all.filter(({ id }) => id !== '');
  const logs = useRunLogs(executionId, true);
  const [chosen, setChosen] = useState<string | null>(null);
  const [followed, setFollowed] = useState<string | null>(null);
  const next = followedNode(named, followed);
  if (next !== followed) setFollowed(next);

  const execution = view.sections.executions.get(executionId);
  const edges = edgesOf(named);
  const nodes = inOrder(named, edges);
  const selectedId = nodes.some(({ id }) => id === chosen) ? chosen : next;
  const selected = nodes.find(({ id }) => id === selectedId);
  const isKnown = execution !== undefined || all.length > 0;
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <a className={styles.back} href={routeHref({ ...route, run: null })}>
          <ArrowLeft size={15} aria-hidden /> <span>Executions</span>
        </a>
        <RunHead summary={runSummary(executionId, execution, all)} execution={execution} />
        {isKnown && <RunCommands executionId={executionId} status={execution?.status} />}
      </header>
      {!isKnown && !view.hasState ? (
        <Unreached>
          <Empty title="Loading execution" icon={Workflow} />
        </Unreached>
      ) : !isKnown ? (
        <Unreached>
          <Empty title="Execution not found" icon={Workflow}>
            It may not have started yet, or it ended some time ago. It appears here with its next event.
          </Empty>
        </Unreached>
      ) : (
        <div className={classNames(styles.parts, nodes.length === 0 && styles.plain)}>
          {nodes.length > 0 && (
            <Panel
              title={ofWords(nodes.length, 'node')}
              aside={<Legend kind={edges.kind} count={edges.edges.length} />}
              className={styles.graph}
              flush
            >
              <RunGraph nodes={nodes} edges={edges} selected={selectedId} onSelect={setChosen} isNarrow={isNarrow} />
            </Panel>
          )}
          {nodes.length > 0 && (
            <Panel
              title="Output"
              className={styles.text}
              flush
              aside={
                chosen === null ? (
                  'Following the running node'
                ) : (
                  <button type="button" className={styles.link} onClick={() => setChosen(null)}>
                    Follow the running node
                  </button>
                )
              }
            >
              <div className={styles.node}>
                <NodeList nodes={nodes} selected={selectedId} onSelect={setChosen} />
                {selected?.error !== undefined && (
                  <p className={styles.error} translate="no">
                    {textIn(selected, 'error')}
                  </p>
                )}
                <div className={styles.stream}>
                  {selectedId !== null && <StreamedText key={selectedId} executionId={executionId} nodeId={selectedId} />}
                </div>
              </div>
            </Panel>
          )}
          {execution?.result != null && (
            <Panel title="Result" className={styles.result}>
              <JsonText value={execution.result} label="result" />
            </Panel>
          )}
          <Panel title="Log" aside={logs.length > 0 ? ofWords(logs.length, 'line') : undefined} className={styles.logs} flush>
            <RunLogs lines={logs} />
          </Panel>
        </div>
      )}
      {statusKind(execution?.status) === 'failed' && textIn(execution, 'error') !== undefined && nodes.length === 0 && (
        <p className={styles.error} translate="no">
          {textIn(execution, 'error')}
        </p>
      )}
    </div>
  );
}

/** What the lines of the graph mean. */
function Legend({ kind, count }: { readonly kind: 'given' | 'observed'; readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className={styles.legend}>
      <i className={kind === 'observed' ? styles.dashed : styles.solid} />
      <span>{kind === 'given' ? 'dependencies' : 'observed order'}</span>
    </span>
  );
}
