import { App, Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import {
  fail, requireAtLeast, requireBetween, requireCount, requireDuration, requireInteger, requireLength, requireMade, requirePattern, requireSome,
} from '../../lib/internal/validation';

const app = new App();
const stack = new Stack(app, 'Stack');
const [tenSeconds, quarter] = [Duration.seconds(10), Duration.minutes(15)];

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
    ['a whole number beyond an end that has a reason', () => requireInteger(stack, 'turns', 4, 1, 3, ', the window'),
      "Stack: 'turns' must be a whole number between 1 and 3, the window, got 4"],
    ['a whole number with another way', () => requireInteger(stack, 'turns', 4, 1, 3, '', 'leave it out for 2'),
      "Stack: 'turns' must be a whole number between 1 and 3, got 4: leave it out for 2"],
    ['too little of what has no end', () => requireAtLeast(stack, 'turns', 0, 1), "Stack: 'turns' must be a whole number, at least 1, got 0"],
    ['half of what has no end', () => requireAtLeast(stack, 'turns', 1.5, 1), "Stack: 'turns' must be a whole number, at least 1, got 1.5"],
    ['a short time', () => requireDuration(stack, 'wait', Duration.seconds(5), tenSeconds, quarter), "Stack: 'wait' must be between 10 seconds and 15 minutes, got 5 seconds"],
    ['a long time', () => requireDuration(stack, 'wait', Duration.minutes(90), tenSeconds, quarter),
      "Stack: 'wait' must be between 10 seconds and 15 minutes, got 1 hour 30 minutes"],
    ['half a second', () => requireDuration(stack, 'wait', Duration.millis(10_500), tenSeconds, quarter),
      "Stack: 'wait' must be between 10 seconds and 15 minutes, in whole seconds, got 10.5 seconds"],
    ['a number for a time', () => requireDuration(stack, 'wait', 30 as unknown as Duration, tenSeconds, quarter),
      "Stack: 'wait' must be made by Duration, such as Duration.seconds(10), got 30"],
    ['an empty list', () => requireSome(stack, 'names', [], "'Ada'"), "Stack: 'names' must have an entry, such as 'Ada', or be left out, got an empty list"],
    ['one for a list', () => requireCount(stack, 'names', 'Ada' as unknown as string[], 0, 1), "Stack: 'names' must be a list, got 'Ada': put it in brackets"],
    ['bytes for a text', () => requireLength(stack, 'name', Buffer.from('Ada') as unknown as string, 1, 5), "Stack: 'name' must be a text, got an object of Buffer"],
    ['a text for what a factory makes', () => requireMade(stack, 'key', 'k1' as unknown as object, 'bind', 'Key.of'), "Stack: 'key' must be made by Key.of, got 'k1'"],
    ['another object for what a factory makes', () => requireMade(stack, 'key', {}, 'bind', 'Key.of'), "Stack: 'key' must be made by Key.of, got an object of Object"],
    ['an endless text of another shape', () => requirePattern(stack, 'id', 'A'.repeat(999), /^[a-z]+$/, 'lower-case'), `got '${'A'.repeat(200)}…'`],
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
    ['a number without an end known at deploy time', () => requireAtLeast(stack, 'turns', number, 1)],
    ['a time known at deploy time', () => requireDuration(stack, 'wait', Duration.seconds(number), tenSeconds, quarter)],
    ['the ends of a time', () => [tenSeconds, quarter].forEach((value) => requireDuration(stack, 'wait', value, tenSeconds, quarter))],
    ['what a factory made', () => requireMade(stack, 'key', { bind: () => undefined }, 'bind', 'Key.of')],
    ['a list that was left out', () => requireSome(stack, 'names', undefined, "'Ada'")],
    ['a text known at deploy time', () => requireLength(stack, 'name', text, 0, 1)],
    ['a shape known at deploy time', () => requirePattern(stack, 'id', text, /^x$/, 'x')],
    ['a list known at deploy time', () => requireCount(stack, 'names', Token.asList({ resolve: () => ['a', 'b'] }), 5, 9)],
  ])('lets %s pass', (_, check) => {
    expect(check).not.toThrow();
  });
});
