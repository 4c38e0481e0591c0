import { expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/backup/ports.ts';
import { Copies } from '../../../src/backup/repository/copies.ts';
import { OaopsError } from '../../../src/core/errors.ts';

it('a call that fails is one failure of its leg, however many readers waited for it', () => {
  const store = { location: 's3://bucket', kind: 's3' } as ObjectStore;
  const copies = new Copies([store]);
  const failure = () => new OaopsError('leg-unreachable', 'no answer');
  const shared = failure();
  for (let reader = 0; reader < 5; reader++) copies.failed(store, 'packs/a', shared);
  copies.failed(store, 'packs/b', failure());
  expect(() => copies.failed(store, 'packs/c', failure())).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ legsDown: true }) }),
  );
});
