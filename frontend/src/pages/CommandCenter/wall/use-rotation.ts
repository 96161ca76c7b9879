import { useEffect, useRef, useState } from 'react';
import { useShown } from '../../../features/navigation/route';
import type { Overview } from '../overview/overview-model';
import { chosenViews, nextView, rotationSeconds, shownViews, type WallView } from './rotation';

export interface Rotation {
  readonly view: WallView;
  readonly views: readonly WallView[];
  readonly seconds: number;
  readonly isPaused: boolean;
}

/** Shows one view after another. Space pauses, the right arrow key goes on to the next one. */
export function useRotation(overview: Overview): Rotation {
  const [rotate] = useShown('rotate');
  const [names] = useShown('views');
  const seconds = rotationSeconds(rotate);
  const chosen = chosenViews(names);
  const views = shownViews(chosen, overview);
  const [view, setView] = useState<WallView>(views[0] ?? 'overview');
  const [isPaused, setPaused] = useState(false);
  const latest = useRef({ chosen, views });
  useEffect(() => {
    latest.current = { chosen, views };
  });
  useEffect(() => {
    const next = () => setView((before) => nextView(before, latest.current.chosen, latest.current.views));
    const onKeyDown = ({ key }: KeyboardEvent) => {
      if (key === ' ') setPaused((before) => !before);
      else if (key === 'ArrowRight') next();
    };
    addEventListener('keydown', onKeyDown);
    const timer = isPaused || seconds === 0 ? undefined : setInterval(next, seconds * 1000);
    return () => {
      removeEventListener('keydown', onKeyDown);
      clearInterval(timer);
    };
  }, [isPaused, seconds]);
  const shown = views.includes(view) ? view : nextView(view, chosen, views);
  return { view: shown, views, seconds, isPaused };
}
