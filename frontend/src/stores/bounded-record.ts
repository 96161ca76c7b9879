/** The record with a value set, without its oldest keys beyond the limit. Keys that look like integers have no age: they count as the oldest. */
export function withValue<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value,
  limit: number,
): Readonly<Record<string, Value>> {
  const next = { ...record, [key]: value };
  const keys = Object.keys(next);
  for (const oldest of keys.slice(0, Math.max(0, keys.length - limit))) if (oldest !== key) Reflect.deleteProperty(next, oldest);
  return next;
}
