import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Frames } from '../../../src/connectors/ldap/frames.ts';

/** A SEQUENCE with its length in so many bytes. */
function message(body: Uint8Array, lengthBytes: number): Buffer {
  const length = Buffer.alloc(lengthBytes);
  if (lengthBytes > 0) length.writeUIntBE(body.length, 0, lengthBytes);
  const head = lengthBytes === 0 ? [0x30, body.length] : [0x30, 0x80 + lengthBytes];
  return Buffer.concat([Buffer.from(head), length, body]);
}

test('however messages are cut, they come out whole and in order', () => {
  const one = fc
    .tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 4 }))
    .map(([body, bytes]) => message(body, Math.max(bytes, body.length > 255 ? 2 : body.length > 127 ? 1 : 0)));
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 })), (messages, cuts) => {
      const all = Buffer.concat(messages);
      const frames = new Frames();
      const found: Buffer[] = [];
      let at = 0;
      for (const cut of [...cuts, all.length]) {
        found.push(...frames.push(all.subarray(at, at + cut)));
        at += cut;
      }
      expect(found.map((each) => each.toString('hex'))).toEqual(messages.map((each) => each.toString('hex')));
    }),
  );
});

test.each(['HTTP/1.1 400', '\x30\x80', '\x30\x85', '\x30\x84\x7f\xff\xff\xff'])('%j is no message', (text) => {
  expect(() => [...new Frames().push(Buffer.from(text, 'latin1'))]).toThrow(/^a message/);
});
