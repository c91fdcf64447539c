import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf } from '../../../../src/sources/ldap/frames.ts';

/** A message of this many bytes after its head, its length written in as few bytes as possible or in four. */
function message(length: number, form: 'short' | 'long'): Buffer {
  const head =
    form === 'short' && length < 0x80 ? [0x30, length] : [0x30, 0x84, 0, 0, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0x30)]);
}

test('whole messages come out however the stream is cut', () => {
  const messages = fc.array(fc.tuple(fc.nat(700), fc.constantFrom('short' as const, 'long' as const)), {
    minLength: 1,
  });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (lengths, cuts) => {
      const sent = lengths.map(([length, form]) => message(length, form));
      const frames: Buffer[] = [];
      const read = framesOf((frame) => void frames.push(frame));
      let stream = Buffer.concat(sent);
      for (let index = 0; stream.length > 0; index += 1) {
        const cut = cuts[index % cuts.length] ?? 1;
        read(stream.subarray(0, cut));
        stream = stream.subarray(cut);
      }
      expect(frames).toEqual(sent);
    }),
  );
});

test.each([
  ['another language', Buffer.from('<html>')],
  ['a length without end', Buffer.from([0x30, 0x80, 0, 0])],
  ['a length of eight bytes', Buffer.from([0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1])],
  ['a length beyond all measure', Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])],
])('%s is no message', (_, bytes) => {
  expect(() => framesOf(() => undefined)(bytes)).toThrow(/an answer is/);
});
