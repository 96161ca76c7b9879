import { Activity, Cable, CircleSlash2, Kanban, Keyboard, LayoutDashboard, type LucideIcon, Search, Workflow } from 'lucide-react';
import { useLive, useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { type ReactNode, useEffect, useRef } from 'react';
import buttons from '../components/button.module.css';
import { classNames } from '../components/class-names';
import { ExpiryWarning } from '../features/access/expiry-warning';
import { useIsOperator } from '../features/access/use-rights';
import { UserBadge } from '../features/access/user-badge';
import { ConnectionBadge } from '../features/connection/connection-badge';
import { HistoryButton } from '../features/history/history-button';
import { HistoryPanel } from '../features/history/history-panel';
import { PastBanner } from '../features/history/past-banner';
import { Present } from '../features/history/present';
import { usePastStatus } from '../features/history/use-past-status';
import { routeHref, useRoute, type ViewName, viewNames } from '../features/navigation/route';
import { pageTitle } from '../features/situation/page-title';
import { type MessageId, t } from '../i18n/messages';
import icon from './icon.svg';
import { ProjectFilter } from './project-filter';
import { PreferencesMenu } from './preferences-menu';
import styles from './shell.module.css';

interface View {
  readonly title: MessageId;
  readonly icon: LucideIcon;
  readonly isForOperators?: boolean;
}

const views: Readonly<Record<ViewName, View>> = {
  overview: { title: 'shell.view.overview', icon: LayoutDashboard },
  board: { title: 'shell.view.board', icon: Kanban },
  executions: { title: 'shell.view.executions', icon: Workflow },
  feed: { title: 'shell.view.feed', icon: Activity },
  refused: { title: 'shell.view.refused', icon: CircleSlash2, isForOperators: true },
  connections: { title: 'shell.view.connections', icon: Cable, isForOperators: true },
};

const stateOf = (view: LiveView) => view.hasState;

interface ShellProps {
  readonly onHelp: () => void;
  readonly onPalette: () => void;
  readonly children: ReactNode;
}

/** The page frame: header, navigation and tools around the current view. */
export function Shell({ onHelp, onPalette, children }: ShellProps) {
  const route = useRoute();
  const isOperator = useIsOperator();
  const main = useRef<HTMLElement>(null);
  const hasState = useLive(stateOf);
  const past = usePastStatus();
  const { view: shown, live } = useRelay();
  const isPast = shown !== live;
  const title = t('shell.title', { view: t(views[route.view].title) });
  useEffect(() => {
    pageTitle.set(title);
    scrollTo(0, 0);
  }, [title, route.execution]);
  return (
    <div className={styles.shell}>
      <a
        className={styles.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // The URL fragment holds the route.
          main.current?.focus();
        }}
      >
        {t('shell.skip')}
      </a>
      <header className={classNames(styles.header, isPast && styles.past)}>
        <a
          className={styles.logo}
          href={routeHref({ ...route, view: 'overview', execution: null, task: null })}
          aria-label={t('shell.home')}
        >
          <img src={icon} alt="" width={24} height={24} />
          <span>Cecelia</span>
        </a>
        <nav className={styles.nav} aria-label={t('shell.views')}>
          {viewNames.map((view) => {
            const { title, icon: Icon, isForOperators = false } = views[view];
            if (isForOperators && !isOperator) return null;
            return (
              <a
                key={view}
                href={routeHref({ ...route, view, execution: null })}
                className={classNames(styles.tab, view === route.view && styles.current)}
                aria-current={view === route.view ? 'page' : undefined}
              >
                <Icon size={16} aria-hidden />
                <span>{t(title)}</span>
              </a>
            );
          })}
        </nav>
        <div className={styles.tools}>
          <button
            type="button"
            className={buttons.icon}
            onClick={onPalette}
            aria-label={t('palette.title')}
            title={t('palette.open')}
            // eslint-disable-next-line translation/no-literal-words -- names of keys
            aria-keyshortcuts="Control+K Meta+K"
          >
            <Search size={17} aria-hidden />
          </button>
          <ProjectFilter />
          <HistoryButton />
          <PreferencesMenu />
          <button
            type="button"
            className={classNames(buttons.icon, styles.help)}
            onClick={onHelp}
            aria-label={t('shell.shortcuts')}
            title={t('shell.shortcuts.hint')}
          >
            <Keyboard size={17} aria-hidden />
          </button>
          <UserBadge />
          <Present>
            <ConnectionBadge />
          </Present>
        </div>
      </header>
      <PastBanner title={title} />
      <ExpiryWarning />
      <main ref={main} id="main" className={styles.main} tabIndex={-1} data-state={hasState ? 'loaded' : 'waiting'} data-past={past.status}>
        {children}
      </main>
      <HistoryPanel />
    </div>
  );
}
