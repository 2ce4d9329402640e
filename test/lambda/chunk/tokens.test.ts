import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateTokens, tokensEnd } from '../../../lambda/chunk/tokens';

/** As public examples of an encoding of 100,000 pieces tell them. */
test.each([
  ['2 + 2 = 4', 7],
  ['お誕生日おめでとう', 9],
  ['Hello, world!', 4],
  ['The quick brown fox jumps over the lazy dog.', 10],
])('%s is %d tokens', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});

/** What of it is used; its own types are those of modules alone. */
interface Counting {
  readonly Tiktoken: new (encoding: object) => { encode(text: string): readonly number[] };
}
const { Tiktoken } = jest.requireActual<Counting>('js-tiktoken/lite');
const counter = new Tiktoken(jest.requireActual<object>('js-tiktoken/ranks/cl100k_base'));
const root = join(__dirname, '../../..');
const off = (text: string) => estimateTokens(text) / counter.encode(text).length - 1;

test.each([
  ['prose and tables', 'docs', /\.md$/],
  ['TypeScript', 'lambda/knowledge', /\.ts$/],
  ['Python', 'lib/diy-rag/bulk', /corpus\.py$/],
  ['style sheets', 'local/playground', /style\.css$/],
])('%s of this library come to a count within 10%% of the encoding\'s', (_, folder, named) => {
  const text = readdirSync(join(root, folder)).filter((name) => named.test(name)).map((name) => readFileSync(join(root, folder, name), 'utf8')).join('\n');
  expect(text.length).toBeGreaterThan(5_000);
  expect(Math.abs(off(text))).toBeLessThan(0.1);
});

test.each([
  ['French', 0.1, 'L\'employé qui entre en service au cours de l\'année a droit à un douzième des congés annuels par mois complet. Les congés non pris expirent le 31 mars.'],
  ['Spanish', 0.15, 'El empleado que se incorpora durante el año tiene derecho a una doceava parte de las vacaciones anuales por cada mes completo.'],
  ['German', 0.25, 'Wer im laufenden Jahr eintritt, hat Anspruch auf ein Zwölftel des Jahresurlaubs für jeden vollen Monat. Nicht genommener Urlaub verfällt am 31. März.'],
  ['Russian', 0.1, 'Сотрудник, принятый в течение года, имеет право на одну двенадцатую часть ежегодного отпуска за каждый полный месяц работы.'],
  ['Chinese', 0.1, '港口每天早上九点开放，下午五点关闭。员工在年中入职的，按每个完整月份享有年假的十二分之一。'],
  ['Japanese', 0.1, '年度の途中で入社した従業員は、一か月ごとに年次有給休暇の十二分の一を取得できます。未使用の休暇は翌年三月末に失効します。'],
  ['Korean', 0.1, '연도 중에 입사한 직원은 만 한 달마다 연차의 십이분의 일을 사용할 수 있습니다. 사용하지 않은 휴가는 다음 해 삼월 말에 소멸됩니다.'],
])('%s comes within %d of the encoding\'s count', (_, most, text) => {
  expect(Math.abs(off(text))).toBeLessThanOrEqual(most);
});

test('white space between words costs nothing, and what has no words little', () => {
  expect(estimateTokens('one two three four')).toBe(4);
  expect(estimateTokens('')).toBe(0);
  expect(estimateTokens('-'.repeat(60))).toBeLessThan(8);
});

test('code costs about a token in three characters', () => {
  const code = 'export function add(left: number, right: number): number {\n  return left + right;\n}\n'.repeat(20);
  expect(code.length / estimateTokens(code)).toBeGreaterThan(2.8);
  expect(code.length / estimateTokens(code)).toBeLessThan(4.6);
});

test('Chinese costs more than a token for each character', () => {
  const text = '港口每天早上九点开放，下午五点关闭。'.repeat(20);
  expect(estimateTokens(text) / text.length).toBeGreaterThan(1);
  expect(estimateTokens(text) / text.length).toBeLessThan(1.4);
});

test('as many tokens end at a word', () => {
  const text = 'alpha beta gamma delta epsilon zeta eta theta';
  expect(text.slice(0, tokensEnd(text, 0, text.length, 3)).trim()).toBe('alpha beta gamma');
  expect(tokensEnd(text, 0, text.length, 100)).toBe(text.length);
});
