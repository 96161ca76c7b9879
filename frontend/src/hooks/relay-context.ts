import { createContext } from 'react';
import type { LiveView } from '../state/live-view';
import type { RelayView } from '../state/shared-views';

/** The value of the nearest `RelayProvider`. */
export const RelayContext = createContext<RelayView<LiveView> | null>(null);
