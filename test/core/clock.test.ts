import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';

it('sleeps longer than a timer can hold, and is woken', async () => {
  const waking = new AbortController();
  const month = systemClock.sleep(30 * 86_400_000, waking.signal);
  const first = await Promise.race([month.then(() => 'woke up'), systemClock.sleep(50).then(() => 'still asleep')]);
  expect(first).toBe('still asleep');
  waking.abort();
  await expect(month).rejects.toMatchObject({ name: 'AbortError' });
});
