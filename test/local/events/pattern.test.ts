import { inputFor } from '../../../local/events/input';
import { matchesPattern } from '../../../local/events/pattern';

const event = { 'source': 'aws.s3', 'detail-type': 'Object Created', 'detail': { bucket: { name: 'docs' }, object: { key: 'in/a.TXT', size: 3 }, tags: ['x', 'y'] } };

test.each<[string, object, boolean]>([
  ['a value of a list', { source: ['other', 'aws.s3'] }, true],
  ['a value that it has not', { source: ['other'] }, false],
  ['a beginning', { detail: { object: { key: [{ prefix: 'in/' }] } } }, true],
  ['an end whatever the case', { detail: { object: { key: [{ suffix: { 'equals-ignore-case': '.txt' } }] } } }, true],
  ['anything but a beginning', { detail: { object: { key: [{ 'anything-but': { prefix: 'in/' } }] } } }, false],
  ['a wildcard', { detail: { object: { key: [{ wildcard: 'in/*.TXT' }] } } }, true],
  ['numbers in between', { detail: { object: { size: [{ numeric: ['>', 0, '<=', 2] }] } } }, false],
  ['a field that is not there', { detail: { object: { version: [{ exists: false }] } } }, true],
  ['one element of a list', { detail: { tags: ['y'] } }, true],
  ['one of two', { $or: [{ source: ['no'] }, { detail: { bucket: { name: ['docs'] } } }] }, true],
])('a pattern asks for %s', (_, pattern, expected) => expect(matchesPattern(pattern as never, event)).toBe(expected));

test('refuses a test that it does not know', () => {
  expect(() => matchesPattern({ source: [{ cidr: '10.0.0.0/8' }] }, event)).toThrow("does not know 'cidr'");
});

test.each<[string, object, string]>([
  ['the event', {}, JSON.stringify(event)],
  ['a text', { Input: '{"a":1}' }, '{"a":1}'],
  ['a part of the event', { InputPath: '$.detail.bucket' }, '{"name":"docs"}'],
  ['what a template makes of it', { InputTransformer: { InputPathsMap: { k: '$.detail.object.key', o: '$.detail.object' }, InputTemplate: '{"key":<k>,"text":"of <k>","object":<o>}' } },
    '{"key":"in/a.TXT","text":"of in/a.TXT","object":{"key":"in/a.TXT","size":3}}'],
])('a target gets %s', (_, input, expected) => expect(inputFor(input, event)).toBe(expected));
