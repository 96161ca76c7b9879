import { CircleCheck, LoaderCircle, OctagonAlert, TriangleAlert } from 'lucide-react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { type Route, routeHref } from '../../../features/navigation/route';
import { formatAgo, formatClock, formatDay, formatDuration } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import { type PanelName, showPanel } from './panel-anchor';
import { type FailuresPart, type Part, type Situation, type Tone, windowMs } from '../../../features/situation/situation';
import styles from './situation-line.module.css';

interface SituationLineProps {
  readonly situation: Situation;
  /** Now, by the relay's clock, and that clock minus this page's. Unix milliseconds. */
  readonly at: number;
  readonly clockOffset: number;
  readonly route: Route;
  /** Marks all shown failures as seen. */
  /** `null`: an earlier moment is shown. */
  readonly onSeen: (() => void) | null;
}

const icons = { good: CircleCheck, notice: TriangleAlert, bad: OctagonAlert, unknown: LoaderCircle } as const satisfies Record<
  Tone,
  unknown
>;

/** One sentence that says how the work is going. Each part of it is a link to where it is shown. */
export function SituationLine({ situation, at, clockOffset, route, onSeen }: SituationLineProps) {
  const { tone, parts, detail } = situation;
  const Icon = icons[tone];
  const texts = parts.map((part) => partText(part, at, clockOffset));
  const hasFailures = parts.some(({ kind }) => kind === 'failures');
  return (
    <section className={classNames(styles.line, styles[tone])} aria-label={t('overview.summary')} data-tone={tone}>
      <Icon size={24} strokeWidth={2.25} aria-hidden />
      <div className={styles.text}>
        <p className={styles.sentence} role="status" aria-live="polite" aria-atomic="true">
          {parts.map((part, index) => (
            <span key={`${part.kind} ${'executor' in part ? part.executor : ''}`}>
              <PartLink part={part} text={index === 0 ? capitalized(texts[index] ?? '') : (texts[index] ?? '')} route={route} />
              {part.kind === 'failures' && (part.projects.length > 1 || (part.projects.length === 1 && part.others > 0)) && (
                <Projects part={part} route={route} />
              )}
              {index < parts.length - 1 && <span>{t('overview.separator')}</span>}
            </span>
          ))}
        </p>
        {detail !== null && <p className={styles.detail}>{detailText(situation, at, clockOffset)}</p>}
      </div>
      {hasFailures && onSeen !== null && (
        <button type="button" className={buttons.button} title={t('overview.seen.hint')} onClick={onSeen}>
          {t('overview.seen')}
        </button>
      )}
    </section>
  );
}

function PartLink({ part, text, route }: { readonly part: Part; readonly text: string; readonly route: Route }) {
  const target = targetOf(part, route);
  if (target === null) return <span>{text}</span>;
  const { panel, href } = target;
  return (
    <a href={href} onClick={() => panel !== undefined && showPanel(panel)}>
      {text}
    </a>
  );
}

/** `(3 in billing, 1 in website, 2 others)`, each project with a link. */
function Projects({ part: { projects, others }, route }: { readonly part: FailuresPart; readonly route: Route }) {
  return (
    <span>
      <span>{t('overview.failures.open')}</span>
      {projects.map(({ project, count }, index) => (
        <span key={project}>
          {index > 0 && <span>{t('overview.detail.separator')}</span>}
          <a href={routeHref({ ...route, project })} onClick={() => showPanel('failures')}>
            {t('overview.failures.in-project', { count, project })}
          </a>
        </span>
      ))}
      {others > 0 && <span>{`${t('overview.detail.separator')}${t('overview.failures.others', { count: others })}`}</span>}
      <span>{t('overview.failures.close')}</span>
    </span>
  );
}

function targetOf(part: Part, route: Route): { readonly href: string; readonly panel?: PanelName } | null {
  const here = (panel: PanelName, more: Partial<Route> = {}) => ({ href: routeHref({ ...route, ...more }), panel });
  switch (part.kind) {
    case 'well':
    case 'loading':
      return null;
    case 'away':
    case 'degraded':
    case 'signed-out':
      return here('connection');
    case 'gap':
      return { href: routeHref({ ...route, view: 'feed', execution: null }) };
    case 'uncertain':
      return { href: routeHref({ ...route, view: 'board', execution: null }) };
    case 'failures':
      return here('failures', part.projects.length === 1 && part.others === 0 ? { project: part.projects[0]?.project ?? null } : {});
    case 'full':
    case 'uncertain-executor':
      return here('slots');
    case 'silent-tasks':
      return here('running');
    case 'long-wait':
    case 'queue-grows':
      return here('queue');
    case 'silent-executions':
      return { href: routeHref({ ...route, view: 'executions', execution: null }) };
    case 'input':
      return { href: routeHref({ ...route, view: 'executions', execution: part.ids.length === 1 ? (part.ids[0] ?? null) : null }) };
  }
}

/** The words of a part of the sentence. `at` by the relay's clock, whose difference to this page's is `clockOffset`. */
export function partText(part: Part, at: number, clockOffset: number): string {
  // Times are shown by this page's clock.
  const time = (ms: number) => formatDay(ms - clockOffset, at - clockOffset);
  switch (part.kind) {
    case 'well':
    case 'loading':
    case 'uncertain-executor':
      return t(`overview.${part.kind}`);
    case 'away':
    case 'degraded':
    case 'signed-out':
      return part.since === null ? t(`overview.${part.kind}`) : t(`overview.${part.kind}.since`, { time: time(part.since) });
    case 'gap':
      return t('overview.gap', { time: time(part.since) });
    case 'uncertain':
      return t('overview.uncertain', { count: part.tasks });
    case 'failures': {
      const { count, projects, others, since } = part;
      const project = projects.length === 1 && others === 0 ? projects[0]?.project : undefined;
      if (project === undefined) return t('overview.failures', { count, time: time(since) });
      return t('overview.failures.project', { count, project, time: time(since) });
    }
    case 'full': {
      const duration = minutesOf(part.forMs);
      return part.executor === '' ? t('overview.full', { duration }) : t('overview.full.named', { executor: part.executor, duration });
    }
    case 'silent-tasks':
    case 'silent-executions':
      return t(`overview.${part.kind}`, { count: part.count });
    case 'input':
      return t('overview.input', { count: part.ids.length });
    case 'long-wait':
      return t('overview.long-wait', { duration: minutesOf(part.forMs) });
    case 'queue-grows':
      return t('overview.queue-grows', { from: part.from, to: part.to, time: time(part.since) });
  }
}

/** Seconds would change the sentence all the time. */
function minutesOf(ms: number): string {
  return ms < 3_600_000 ? t('overview.slots.minutes', { minutes: Math.floor(ms / 60_000) }) : formatDuration(ms);
}

function detailText({ tone, detail }: Situation, at: number, clockOffset: number): string {
  if (detail === null) return '';
  const { running, queued, executions, uncertain, asOf, seenAt } = detail;
  const texts = [t('overview.detail', { running, queued })];
  if (uncertain > 0) texts.push(t('overview.uncertain-count', { count: uncertain }));
  if (executions > 0) texts.push(t('overview.detail.executions', { executions }));
  if (tone === 'good') {
    texts.push(
      seenAt === null
        ? t('overview.detail.no-failures', { minutes: windowMs / 60_000 })
        : t('overview.detail.no-failures-since', { time: formatDay(seenAt - clockOffset, at - clockOffset) }),
    );
  }
  const text = texts.join(t('overview.detail.separator'));
  if (asOf === null) return text;
  return `${t('overview.detail.as-of', { time: formatClock(asOf - clockOffset), ago: formatAgo(at - asOf) })} ${text}`;
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
