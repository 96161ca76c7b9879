import {
  Activity,
  Cable,
  CircleSlash2,
  Kanban,
  Keyboard,
  LayoutDashboard,
  type LucideIcon,
  Monitor,
  Moon,
  Sun,
  Workflow,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import buttons from '../components/button.module.css';
import { classNames } from '../components/class-names';
import { ExpiryWarning } from '../features/access/expiry-warning';
import { useIsOperator } from '../features/access/use-rights';
import { UserBadge } from '../features/access/user-badge';
import { ConnectionBadge } from '../features/connection/connection-badge';
import { routeHref, useRoute, type ViewName, viewNames } from '../features/navigation/route';
import { chooseTheme, type Theme, themes, useTheme } from '../components/theme';
import icon from './icon.svg';
import { ProjectFilter } from './project-filter';
import styles from './shell.module.css';

interface View {
  readonly title: string;
  readonly icon: LucideIcon;
  readonly isForOperators?: boolean;
}

const views: Readonly<Record<ViewName, View>> = {
  overview: { title: 'Overview', icon: LayoutDashboard },
  board: { title: 'Board', icon: Kanban },
  executions: { title: 'Executions', icon: Workflow },
  feed: { title: 'Feed', icon: Activity },
  refused: { title: 'Refused', icon: CircleSlash2, isForOperators: true },
  connections: { title: 'Connections', icon: Cable, isForOperators: true },
};

interface ShellProps {
  readonly onHelp: () => void;
  readonly children: ReactNode;
}

/** The page frame: header, navigation and tools around the current view. */
export function Shell({ onHelp, children }: ShellProps) {
  const route = useRoute();
  const isOperator = useIsOperator();
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${views[route.view].title} · Cecelia Command Center`;
    scrollTo(0, 0);
  }, [route.view, route.execution]);
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
        Skip to content
      </a>
      <header className={styles.header}>
        <a
          className={styles.logo}
          href={routeHref({ ...route, view: 'overview', execution: null, task: null })}
          aria-label="Cecelia Command Center: overview"
        >
          <img src={icon} alt="" width={24} height={24} />
          <span>Cecelia</span>
        </a>
        <nav className={styles.nav} aria-label="Views">
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
                <span>{title}</span>
              </a>
            );
          })}
        </nav>
        <div className={styles.tools}>
          <ProjectFilter />
          <ThemeButton />
          <button
            type="button"
            className={classNames(buttons.icon, styles.help)}
            onClick={onHelp}
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
          >
            <Keyboard size={17} aria-hidden />
          </button>
          <UserBadge />
          <ConnectionBadge />
        </div>
      </header>
      <ExpiryWarning />
      <main ref={main} id="main" className={styles.main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

const themeIcons: Readonly<Record<Theme, LucideIcon>> = { system: Monitor, light: Sun, dark: Moon };

export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
}

function ThemeButton() {
  const theme = useTheme();
  const Icon = themeIcons[theme];
  return (
    <button
      type="button"
      className={buttons.icon}
      onClick={() => chooseTheme(nextTheme(theme))}
      aria-label={`Theme: ${theme}. Switch to ${nextTheme(theme)}`}
      title={`Theme: ${theme} (t)`}
    >
      <Icon size={17} aria-hidden />
    </button>
  );
}
