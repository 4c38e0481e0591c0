import fc from 'fast-check';
import { Attribute, BerWriter } from 'ldapts';
import { expect, test } from 'vitest';
import { type RawEntry, searchEntryOf } from '../../../src/connectors/ldap/search-entry.ts';

/** As the library writes it, which others have tried. */
function written({ messageId, name, attributes }: RawEntry, tag = 0x64): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(messageId);
  writer.startSequence(tag);
  writer.writeString(name);
  writer.startSequence();
  for (const { type, values } of attributes)
    new Attribute({
      type,
      values: values.map((value) => (typeof value === 'string' ? value : Buffer.from(value))) as string[],
    }).write(writer);
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const noText = fc.uint8Array({ maxLength: 20 }).map((bytes) => Uint8Array.from([...bytes, 0xff]));
const entry = fc.record({
  messageId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  name: text,
  attributes: fc.array(
    fc.record({
      type: fc.constantFrom('cn', 'member;range=0-1', 'jpegPhoto'),
      values: fc.array(fc.oneof(text, noText)),
    }),
    { maxLength: 5 },
  ),
});

test('whatever an entry holds comes out as it was', () => {
  fc.assert(
    fc.property(entry, (one) => {
      expect(searchEntryOf(written(one))).toEqual(one);
    }),
  );
});

test('a byte order mark belongs to its value; values of ;binary are bytes', () => {
  const attributes = [
    { type: 'cn', values: ['\ufeff王', ''] },
    { type: 'userCertificate;binary', values: ['abc'] },
  ];
  expect(searchEntryOf(written({ messageId: 1, name: '', attributes }))?.attributes).toEqual([
    attributes[0],
    { type: 'userCertificate;binary', values: [new Uint8Array(Buffer.from('abc'))] },
  ]);
});

test('a message of another kind is left to others', () => {
  expect(searchEntryOf(written({ messageId: 7, name: 'x', attributes: [] }, 0x65))).toBeUndefined();
});

test('however a message is damaged, it is an error or an entry, and nothing beyond it is read', () => {
  fc.assert(
    fc.property(entry, fc.nat(), fc.integer({ min: 0, max: 255 }), (one, where, byte) => {
      const message = written(one);
      message[where % message.length] = byte;
      try {
        searchEntryOf(message);
      } catch (error) {
        expect((error as Error).message).toMatch(/^(an element|a length|the number of a message)/);
      }
    }),
  );
});
