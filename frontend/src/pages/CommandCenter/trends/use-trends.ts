import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getJson } from '../../../features/relay/relay-api';
import { type Minutes, parseMinutes } from './minutes';
import { type Trends, trendsOf } from './trends';

export const periods = ['hour', 'day'] as const;
export type Period = (typeof periods)[number];

/** Number of minutes of a period, and of each point. */
const sizes: Readonly<Record<Period, { readonly minutes: number; readonly perPoint: number }>> = {
  hour: { minutes: 60, perPoint: 1 },
  day: { minutes: 1440, perPoint: 15 },
};

/** How long a response is used, in milliseconds. The current minute is a part of it. */
const refreshMs: Readonly<Record<Period, number>> = { hour: 15_000, day: 60_000 };

interface TrendsResult {
  readonly minutes: Minutes | undefined;
  readonly trends: Trends | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** Fetches the minutes of all projects or of one, again and again while the page is visible. */
export function useTrends(project: string | null, period: Period): TrendsResult {
  const { data, error, refetch } = useQuery({
    queryKey: ['minutes', project, period],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ minutes: String(sizes[period].minutes), ...(project !== null && { project }) });
      return parseMinutes(await getJson(`api/v1/minutes?${query.toString()}`, signal), project);
    },
    refetchInterval: refreshMs[period],
    structuralSharing: false,
  });
  const trends = useMemo(() => (data === undefined ? undefined : trendsOf(data, sizes[period].perPoint)), [data, period]);
  return { minutes: data, trends, error, retry: () => void refetch() };
}
