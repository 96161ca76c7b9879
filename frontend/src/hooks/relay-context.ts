import { createContext } from 'react';
import type { RelayView } from '../state/shared-views';

/** What the nearest `RelayProvider` gives. */
export const RelayContext = createContext<RelayView | null>(null);
