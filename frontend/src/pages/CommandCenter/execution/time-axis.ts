import type { Interval } from './node-spans';

export interface Tick {
  /** Milliseconds since the start of the axis. */
  readonly ms: number;
  /** Place on the axis from 0 to 1. */
  readonly place: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const steps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12, 24, 48, 168, 336].map((n) => n * hour),
] as const;

/** Returns at most `limit` ticks at round times since the start of the axis. */
export function ticksOf({ from, to }: Interval, limit: number): readonly Tick[] {
  const length = to - from;
  const step = steps.find((one) => length / one < limit) ?? Math.ceil(length / limit / hour) * hour;
  const ticks: Tick[] = [];
  for (let ms = 0; ms <= length && ticks.length < limit; ms += step) ticks.push({ ms, place: ms / length });
  return ticks;
}

/** Returns left edge and width in percent of the axis, clipped to it. */
export function placeOn(axis: Interval, { from, to }: Interval): { readonly left: number; readonly width: number } {
  const length = axis.to - axis.from;
  const place = (at: number) => Math.min(100, Math.max(0, ((at - axis.from) / length) * 100));
  return { left: place(from), width: place(to) - place(from) };
}
