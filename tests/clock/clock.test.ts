import { afterEach, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/clock/clock.js';

afterEach(() => void jest.useRealTimers());

it('the clock of the system is the one that fake timers put in its place later on', () => {
  const now = Date.parse('2036-01-01T00:00:00Z');
  jest.useFakeTimers({ now });
  expect(systemClock()).toBe(now);
  jest.setSystemTime(now + 60_000);
  expect(systemClock()).toBe(now + 60_000);
});
