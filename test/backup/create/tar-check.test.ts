import { expect, test } from 'vitest';
import { TarCheck } from '../../../src/backup/create/tar-check.ts';

type Member = { name: string; bytes: Buffer; type?: 'file' | 'contiguous-file' };

/** A ustar archive (POSIX.1-2017, pax, "ustar Interchange Format"), written here: what is checked must not be its own judge. */
async function tarOf(members: Member[]): Promise<Buffer> {
  const parts = members.flatMap(({ name, bytes, type }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000600\0' + '0000000\0' + '0000000\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0' + '        ', 136);
    header.write(type === 'contiguous-file' ? '7' : '0', 156);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

const first = { name: '0', bytes: Buffer.alloc(700, 'a') };
const second = { name: '3', bytes: Buffer.alloc(513, 'b') };

function check(tar: Buffer, cut = tar.length): number {
  const watch = new TarCheck();
  watch.expect(0, 700);
  watch.expect(3, 513);
  for (let at = 0; at < tar.length; at += cut) watch.write(tar.subarray(at, at + cut));
  return watch.end();
}

test.each([1, 511, 512, 700, 10_000])('accepts what was announced, in pieces of %i bytes', async (cut) => {
  const tar = await tarOf([first, second]);
  expect(check(tar, cut)).toBe(tar.length);
});

test.each<[string, Member[]]>([
  [
    'a name',
    [
      { ...first, name: '00000' },
      { ...second, name: '4' },
    ],
  ],
  ['a name that only begins with the number', [first, { ...second, name: '3a' }]],
  ['a name with a folder', [first, { ...second, name: 'a/3' }]],
  ['a size', [first, { ...second, bytes: Buffer.alloc(512) }]],
  ['a type', [first, { ...second, type: 'contiguous-file' }]],
])('refuses another one: %s', async (_, members) => {
  const tar = await tarOf(members);
  expect(() => check(tar)).toThrow(/came out as/);
});

test('refuses a member too few, and one too many', async () => {
  const few = await tarOf([first]);
  expect(() => check(few)).toThrow();
  const many = await tarOf([first, second, { ...second, name: '6' }]);
  expect(() => check(many)).toThrow(/tar stream of/);
});
