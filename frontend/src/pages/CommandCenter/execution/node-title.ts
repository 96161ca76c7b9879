import type { NodeEntity } from 'cecelia-client';
import { formatField } from '../../../format/format-value';

/** Returns the title of a node, otherwise its name or its id. */
export function nodeTitle({ id, data }: NodeEntity): string {
  return formatField(data, 'title') ?? formatField(data, 'name') ?? id;
}
