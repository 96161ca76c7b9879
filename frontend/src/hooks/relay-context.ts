import { createContext } from 'react';
import type { RelayView } from '../state/shared-views';

/** The value of the nearest `RelayProvider`. */
export const RelayContext = createContext<RelayView | null>(null);
