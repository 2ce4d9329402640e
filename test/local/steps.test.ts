import { Steps } from '../../local/steps';

test('each step is told as it begins, with the seconds since the start', () => {
  const lines: string[] = [];
  const times = [412, 12_345];
  const steps = new Steps((line) => lines.push(line), () => times.shift()!);
  steps.begin('Bundling the handlers');
  steps.begin('Ready');
  expect(lines).toEqual(['   0.4 s  Bundling the handlers', '  12.3 s  Ready']);
});
