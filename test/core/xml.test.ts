import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { XmlReader } from '../../src/core/xml.ts';

/** What a document says, when it comes in pieces of this size. */
function read(document: string, size = document.length || 1, limits = {}): string[] {
  const said: string[] = [];
  const reader = new XmlReader(
    {
      open: (path, attributes) => said.push(`<${path.join('/')} ${JSON.stringify([...attributes])}`),
      close: (path, text) => said.push(`>${path.join('/')} ${JSON.stringify(text)}`),
    },
    limits,
  );
  for (let at = 0; at < document.length; at += size) reader.push(document.slice(at, at + size));
  reader.end();
  return said;
}

const document = `\ufeff<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE SCAN SYSTEM "https://qualys.example/scan.dtd">
<!-- a > b, <c> -->
<a one="1 &gt; 0" two='x"y>z' >
  text &amp; &#x738b;&#29579; <b/> more<![CDATA[ <raw> & ]]>
  <c:d>
  </c:d>
</a>
<!-- end -->
`;

test('elements, attributes, text, CDATA and references, in pieces of any size', () => {
  const whole = read(document);
  expect(whole).toEqual([
    '<a [["one","1 > 0"],["two","x\\"y>z"]]',
    '<a/b []',
    '>a/b ""',
    '<a/c:d []',
    '>a/c:d "\\n  "',
    '>a "\\n  text & 王王  more <raw> & \\n  \\n"',
  ]);
  for (let size = 1; size < 60; size++) expect(read(document, size)).toEqual(whole);
});

describe('what no document of a report has', () => {
  test.each([
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /declares entities/],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a/>', /declares entities/],
    ['<a><!DOCTYPE b></a>', /declares entities/],
    ['<!ENTITY x "y"><a/>', /declares entities/],
    ['<a>&x;</a>', /entities that are not of XML itself/],
    ['<a>&toString;</a>', /entities that are not of XML itself/],
    ['<a b="&x;"/>', /entities that are not of XML itself/],
    ['<a>&#x110000;</a>', /entities/],
    ['<a>a & b</a>', /entities/],
    ['<a><b></a></b>', /the tag a ends where it did not begin/],
    ['<a>', /ends too early/],
    ['<a', /ends too early/],
    ['', /ends too early/],
    ['text', /text around/],
    ['<a/>text', /text around/],
    ['<a/><b/>', /a tag where none can be/],
    ['<a b=c/>', /the tag a is broken/],
    ['<a b="1" <c/></a>', /the tag a is broken|entities/],
    ['<a><![CDATA[x</a>', /ends too early/],
    [`<a ${'b'.repeat(70_000)}`, /a tag is too long/],
    ['<a>'.repeat(101), /too many tags in one another/],
  ])('%.40s', (text, message) => {
    for (const size of [text.length, 1000, 7]) expect(() => read(text, size)).toThrow(message);
  });

  test('a text without end is cut, and not kept', () => {
    const [, closed] = read(`<a>${'x'.repeat(500)}${'<![CDATA['}${'y'.repeat(500)}]]></a>`, 100, { piece: 600 });
    expect(closed).toBe(`>a ${JSON.stringify('x'.repeat(500) + 'y'.repeat(100))}`);
  });
});

test('what was written is read, whatever it is and however it is cut', () => {
  const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const text = fc.string({ unit: fc.constantFrom(...'ab &<>"\';#x]-!?/=王\n'), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const inner = parts.map(([name, value]) => `<b n="${escaped(name)}">${escaped(value)}</b>`).join('');
      expect(read(`<a>${inner}</a>`, size)).toEqual([
        '<a []',
        ...parts.flatMap(([name, value]) => [`<a/b ${JSON.stringify([['n', name]])}`, `>a/b ${JSON.stringify(value)}`]),
        '>a ""',
      ]);
    }),
  );
});

test('garbage ends with an error of its own, or is read', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'<>/a="\'&;![]-? '), maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      (text, size) => {
        try {
          read(text, size);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('xml-invalid');
        }
      },
    ),
  );
});
