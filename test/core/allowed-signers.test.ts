import { expect, test } from 'vitest';
import { signersFor } from '../../src/core/allowed-signers.ts';

test('people who may sign for a purpose; patterns, other purposes and comments name nobody', () => {
  const text = `# head,of ssh-ed25519 AAAA
li@oa.example,li ssh-ed25519 AAAA a comment
"wang, x" valid-before="20300101",namespaces="git, oaops-approval" ssh-ed25519 AAAA
file@oa.example namespaces="file" ssh-ed25519 AAAA
any@oa.example namespaces="oaops-*" ssh-ed25519 AAAA

*@oa.example ssh-ed25519 AAAA
li cert-authority ssh-rsa AAAA\r
broken
`;
  expect(signersFor('oaops-approval', text)).toEqual(['li@oa.example', 'li', 'wang', ' x', 'any@oa.example']);
});
