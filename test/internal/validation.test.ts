import { App, Lazy, Stack, Token } from 'aws-cdk-lib';
import { fail, requireBetween, requireCount, requireInteger, requireLength, requirePattern } from '../../lib/internal/validation';

const app = new App();
const stack = new Stack(app, 'Stack');

describe('A refusal', () => {
  test('says where it happened', () => {
    expect(() => fail(stack, 'no')).toThrow(/^Stack: no$/);
  });

  test('says nothing of the place where that is the app itself', () => {
    expect(() => fail(app, 'no')).toThrow(/^no$/);
  });

  test.each<[string, () => void, string]>([
    ['a number below the range', () => requireBetween(stack, 'share', -0.1, 0, 1), "Stack: 'share' must be between 0 and 1, got -0.1"],
    ['a number above the range', () => requireBetween(stack, 'share', 1.1, 0, 1), "Stack: 'share' must be between 0 and 1, got 1.1"],
    ['what is no number', () => requireBetween(stack, 'share', NaN, 0, 1), "Stack: 'share' must be between 0 and 1, got NaN"],
    ['half of what comes whole', () => requireInteger(stack, 'turns', 1.5, 1, 3), "Stack: 'turns' must be a whole number between 1 and 3, got 1.5"],
    ['too many of what comes whole', () => requireInteger(stack, 'turns', 4, 1, 3), "Stack: 'turns' must be a whole number between 1 and 3, got 4"],
    ['an empty text', () => requireLength(stack, 'name', '', 1, 5), "Stack: 'name' must have between 1 and 5 characters, got 0"],
    ['a long text', () => requireLength(stack, 'name', 'abcdef', 1, 5), "Stack: 'name' must have between 1 and 5 characters, got 6"],
    ['a long list', () => requireCount(stack, 'names', ['a', 'b'], 0, 1), "Stack: 'names' must have between 0 and 1 entries, got 2"],
    ['another shape', () => requirePattern(stack, 'id', 'A b', /^[a-z]+$/, 'lower-case letters'), "Stack: 'id' must be lower-case letters, got 'A b'"],
  ])('names the prop, what it must be and what it was: %s', (_, check, message) => {
    expect(check).toThrow(message);
  });
});

describe('A check', () => {
  const text = Lazy.string({ produce: () => 'later' });
  const number = Token.asNumber({ resolve: () => 99 });

  test.each<[string, () => void]>([
    ['the ends of a range', () => [0, 1].forEach((value) => requireBetween(stack, 'share', value, 0, 1))],
    ['what was left out', () => requireBetween(stack, 'share', undefined, 0, 1)],
    ['a number known at deploy time', () => requireInteger(stack, 'turns', number, 0, 1)],
    ['a range known at deploy time', () => requireBetween(stack, 'share', number, 0, 1)],
    ['a text known at deploy time', () => requireLength(stack, 'name', text, 0, 1)],
    ['a shape known at deploy time', () => requirePattern(stack, 'id', text, /^x$/, 'x')],
    ['a list known at deploy time', () => requireCount(stack, 'names', Token.asList({ resolve: () => ['a', 'b'] }), 5, 9)],
  ])('lets %s pass', (_, check) => {
    expect(check).not.toThrow();
  });
});
