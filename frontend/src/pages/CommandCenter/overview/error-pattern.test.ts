import { describe, expect, it } from 'vitest';
import { errorPattern } from './error-pattern';

describe('errorPattern', () => {
  it.each([
    ['Tests failed: 3 of 214', 'Tests failed: # of #'],
    ['The tool did not answer within 60 s', 'The tool did not answer within # s'],
    ['The tool did not answer within 1.5s', 'The tool did not answer within #s'],
    ['Cannot read property "name" of undefined', 'Cannot read property "…" of undefined'],
    ["Can't open 'a b'", "Can't open '…'"],
    ['No such file: /var/lib/app/data-1.db', 'No such file: …'],
    ['src/app/main.ts:12:5 is not a module', '… is not a module'],
    ['C:\\work\\build.log is locked', '… is locked'],
    ['GET https://example.com/a?b=1 failed', 'GET … failed'],
    ['task-12-ab3f timed out', 'task-… timed out'],
    ['User user#42 is unknown', 'User user#… is unknown'],
    ['Commit 9fceb02d0ae598e9 not found', 'Commit … not found'],
    ['Run 5f0c7a3e-0b7d-4c43-8a3f-6d2f1f0f0a11 is gone', 'Run … is gone'],
    ['At 2026-02-06T08:30:00.123Z: no answer from 10.0.0.7:6379', 'At …: no answer from …'],
    ['任务 123 在第 4 步失败：“订单”', '任务 # 在第 # 步失败：“…”'],
    ['任务123失败', '任务#失败'],
    ['  Out   of\tmemory\n  at main()', 'Out of memory'],
    ['', ''],
  ])('%s', (message, pattern) => expect(errorPattern(message)).toBe(pattern));

  it.each([
    ['exit code 1', 'exit code 137'],
    ['HTTP 404', 'HTTP 500'],
    ['TS2304: name not found', 'TS2305: name not found'],
    ['gpt-4 is overloaded', 'gpt-3 is overloaded'],
    ['退出码 1', '退出码 2'],
    ['Redis is away', 'Redis is full'],
    ['input/output error', 'and/or error'],
    ['disk full', 'disk failed'],
  ])('keeps apart: %s, %s', (one, other) => {
    expect(errorPattern(one)).toBe(one);
    expect(errorPattern(other)).toBe(other);
  });

  it('is bounded', () => {
    expect(errorPattern('x'.repeat(100_000)).length).toBe(200);
    expect(errorPattern(`"${'a/'.repeat(50_000)}`).length).toBeLessThanOrEqual(200);
  });
});
