import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { type ReactNode, useState } from 'react';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { formatClock, formatDuration, formatFullTime } from '../../../format/format-time';
import { formatField } from '../../../format/format-value';
import { hasEnded } from '../../../format/status-kind';
import { language } from '../../../i18n/preferences';
import { t } from '../../../i18n/messages';
import type { ExecutionSummary } from '../executions/execution-list';
import type { ExecutionTrace } from './execution-trace';
import styles from './execution-header.module.css';
import { formatRate } from './node-row';
import { PriceDialog } from './price-dialog';
import { usePrices } from './price-store';
import { anyModel, executionCost, type PriceTable } from './prices';
import { executionFirstToken, executionTokenRate, tokenCounts } from './run-numbers';

interface ExecutionFactsProps {
  readonly summary: ExecutionSummary;
  readonly execution: ExecutionEntity | undefined;
  readonly nodes: readonly NodeEntity[];
  readonly trace: ExecutionTrace;
  /** Unix milliseconds by the relay's clock. */
  readonly now: number;
}

/** The numbers of an execution. What is unknown is a dash. */
export function ExecutionFacts({ summary, execution, nodes, trace, now }: ExecutionFactsProps) {
  const { status, isUncertain, startedAt, durationMs, nodesDone, nodesFailed } = summary;
  const prices = usePrices();
  const [isOpen, setOpen] = useState(false);
  const isRunning = !hasEnded(status);
  const tokens = tokenCounts(execution, nodes);
  const rate = executionTokenRate(trace, now);
  const firstToken = executionFirstToken(startedAt, nodes, trace);
  const cost = executionCost(execution, nodes, prices);
  return (
    <>
      <dl className={styles.facts}>
        <Fact name={t('execution.fact.started')}>
          {startedAt === null ? '–' : <time title={formatFullTime(startedAt)}>{formatClock(startedAt)}</time>}
        </Fact>
        <Fact name={t('execution.fact.duration')}>
          {durationMs !== null && !isRunning ? (
            formatDuration(durationMs)
          ) : startedAt !== null && isRunning && !isUncertain ? (
            <ElapsedTime at={startedAt} />
          ) : (
            '–'
          )}
        </Fact>
        {nodes.length > 0 && (
          <Fact name={t('execution.fact.nodes')}>
            <span>{t('execution.fact.nodes.done', { done: nodesDone, count: nodes.length })}</span>
            {nodesFailed > 0 && <em>{t('executions.nodes.failed', { count: nodesFailed })}</em>}
          </Fact>
        )}
        <Fact name={t('execution.fact.tokens')}>
          {tokens.total === null ? (
            '–'
          ) : (
            <>
              <span>{t('execution.fact.count', { count: tokens.total })}</span>
              {tokens.input !== null && tokens.output !== null && (
                <small>{t('execution.fact.tokens.split', { in: tokens.input, out: tokens.output })}</small>
              )}
            </>
          )}
        </Fact>
        <Fact name={t('execution.fact.first-token')}>{firstToken === null ? '–' : formatDuration(firstToken)}</Fact>
        <Fact name={t('execution.fact.rate')}>
          {rate === null ? (
            '–'
          ) : (
            <span title={t(rate.isPresent ? 'execution.fact.rate.present' : 'execution.fact.rate.average')}>{formatRate(rate.rate)}</span>
          )}
        </Fact>
        <Fact name={t('execution.fact.cost')}>
          <span title={cost?.isLowerBound === true ? t('execution.fact.cost.part') : undefined}>
            {cost === null
              ? '–'
              : t(cost.isLowerBound ? 'execution.fact.cost.at-least' : 'execution.fact.cost.is', { cost: formatCost(cost.amount, prices) })}
          </span>
          <button type="button" className={styles.link} onClick={() => setOpen(true)}>
            {t('execution.prices.open')}
          </button>
        </Fact>
      </dl>
      {isOpen && <PriceDialog models={modelsOf(nodes)} onClose={() => setOpen(false)} />}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Formats a cost: `US$1.24`, below 1 with four digits. */
function formatCost(amount: number, { currency }: PriceTable): string {
  return new Intl.NumberFormat(language.get(), { style: 'currency', currency, maximumFractionDigits: amount < 1 ? 4 : 2 }).format(amount);
}

/** Returns the models that the nodes name; without any, the name for all models. */
function modelsOf(nodes: readonly NodeEntity[]): readonly string[] {
  const models = nodes.flatMap(({ usage, data }) => formatField(usage, 'model') ?? formatField(data, 'model') ?? []);
  return models.length === 0 ? [anyModel] : [...new Set(models)].slice(0, 20);
}
