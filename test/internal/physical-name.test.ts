import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { nameUnlikeAnyOther } from '../../lib/internal/physical-name';

/** A path of fourteen parts, whose lengths differ with `seed`. */
function pathOf(seed: number): string[] {
  return Array.from({ length: 14 }, (_, at) => `P${'abcdefghij'.slice(0, Math.floor(seed * (at + 3) * 7919 / 8) % 9)}${at}`);
}

test('a name that is cut in its middle has no two separators side by side, which Bedrock refuses', () => {
  for (let seed = 1; seed < 200; seed++) {
    const scope = pathOf(seed).reduce((parent, id) => new Construct(parent, id), new Stack(new App(), `Support${seed}`) as Construct);
    expect(nameUnlikeAnyOther(scope, 'settled', { separator: '-', maxLength: 100 }).split('$')[0]).toMatch(/^([0-9a-z]-?)+$/);
  }
});
