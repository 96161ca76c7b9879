import { CornerDownLeft, Pause, Play, RotateCw, X } from 'lucide-react';
import type { Action } from './actions';

const icons = { pause: Pause, resume: Play, retry: RotateCw, cancel: X, input: CornerDownLeft } as const satisfies Record<Action, unknown>;

export function ActionIcon({ action }: { readonly action: Action }) {
  const Icon = icons[action];
  return <Icon size={14} aria-hidden />;
}
