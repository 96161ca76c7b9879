import { useShown } from '../../../features/navigation/route';

export const laneMinutes = [5, 15, 60] as const;
/** How far the lanes reach back. */
export type LaneMinutes = (typeof laneMinutes)[number];

export const minuteMs = 60_000;
/** Distance of the vertical lines, in minutes. */
export const tickMinutes: Readonly<Record<LaneMinutes, number>> = { 5: 1, 15: 5, 60: 10 };

/** How far the lanes reach back, by the parameter `slots` of the address. */
export function useLaneMinutes(fallback: LaneMinutes): [minutes: LaneMinutes, set: (minutes: LaneMinutes) => void] {
  const [shown, setShown] = useShown('slots', String(fallback));
  const minutes = laneMinutes.find((choice) => String(choice) === shown) ?? fallback;
  return [minutes, (next) => setShown(String(next))];
}
