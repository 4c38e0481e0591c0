import { expect, it } from 'vitest';
import { approvalText, verifyApproval } from '../../src/engine/people/approvals.ts';
import type { Plan } from '../../src/engine/plan/plan-types.ts';
import type { SignatureDoor } from '../../src/engine/ports.ts';

it.each([
  [['bob', 'alice@example.com'], 'approval-own'],
  [['bob', 'Alice'], 'approval-own'],
  [['bob', 'carol'], 'accepted'],
])('a key with the names %j, for a run of alice: %s', async (principals, expected) => {
  const plan = { digest: 'd', allowedSigners: { path: '/a', sha256: 's' } } as Plan;
  const message = {
    digest: 'd',
    run: 'r',
    step: 's',
    expiresAt: '2026-01-01T00:00:00Z',
    nonce: 'n',
    requester: 'alice',
  };
  const signatures: SignatureDoor = {
    sign: async () => approvalText(message),
    verify: async () => ({ principal: principals[0]!, principals, keyFingerprint: 'SHA256:x' }),
    signers: async () => [],
    allowedSigners: async () => ({ path: '/a', sha256: 's' }),
  };
  const context = { plan, runId: 'r', step: 's', requester: { name: 'alice' }, signatures, atMs: 0 };
  const end = await verifyApproval({ message, signature: '' }, context).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );
  expect(end).toBe(expected);
});
