import { Explanation, Passage, Placed, SearchStage } from './client';
import { nameOf } from './passage';
import { h, spoken } from '../../dom';
import { counted, duration } from '../../format';

/** The rankings that a passage goes through. */
const RANKINGS: Readonly<Record<SearchStage, string>> = { vector: 'Vector', keyword: 'Keyword', fused: 'Fused', reranked: 'Reranked' };

/** What takes time, in the order in which it is begun. */
const STAGES: Readonly<Record<string, string>> = {
  rewrite: 'Rewriting the question',
  embed: 'Embedding it',
  vector: 'Vector search',
  keyword: 'Keyword search',
  fuse: 'Fusion',
  rerank: 'Reranking',
  total: 'All of the search',
};

/** So many characters tell passages of one document apart, and fill the line that they stand in. */
const BEGINNING = 160;

export interface Found {
  readonly question: string;
  readonly passages: readonly Passage[];
  readonly explanation: Explanation;
  /** Whether the answer was given before: then they are as they were found for that, and nothing was looked up. */
  readonly again: boolean;
  isCited(passage: Passage): boolean;
  open(passage: Passage): void;
}

/** How an answer's passages were found: where each ranking has them, and how long each stage took. */
export function howFound(found: Found): HTMLElement {
  const { passages, explanation, question, again } = found;
  const total = explanation.timings_ms.total;
  const how = again ? 'found when it was answered first' : total !== undefined && `found in ${duration(total)}`;
  const summary = [counted(passages.length, 'passage'), how].filter(Boolean).join(' ');
  return h('details', { class: 'found', open: true }, h('summary', {}, summary),
    passages.some(({ scores }) => scores) && ranked(found),
    !again && timings(explanation),
    ...notes(explanation, question).map((note) => h('p', { class: 'hint' }, note)));
}

/** The roles say again what the elements are: on a narrow screen they are laid out as no table. */
function ranked({ passages, isCited, open }: Found): HTMLElement {
  const shown = (Object.keys(RANKINGS) as SearchStage[]).filter((stage) => passages.some(({ scores }) => scores?.[stage]));
  // What BM25 counts to has no upper end.
  const best = (stage: SearchStage) => stage === 'keyword' ? Math.max(...passages.map(({ scores }) => scores?.keyword?.score ?? 0)) : 1;
  const table = h('table', { role: 'table' },
    h('caption', {}, `Place and score of each passage by stage. Bars go to ${shown.includes('keyword') ? '1, those of keywords to the best' : '1'}.`),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' },
      ...['No.', 'Passage', ...shown.map((stage) => RANKINGS[stage])].map((name) => h('th', { role: 'columnheader', scope: 'col' }, name)))),
    h('tbody', { role: 'rowgroup' }, ...passages.map((passage) => h('tr', { role: 'row', class: isCited(passage) && 'cited' },
      h('td', { role: 'cell', class: 'number' }, String(passage.number), isCited(passage) && spoken(', cited')),
      h('th', { role: 'rowheader', scope: 'row' },
        h('button', { type: 'button', class: 'quiet', onclick: () => open(passage) }, nameOf(passage, passages)),
        h('span', { class: 'when begins' }, [passage.source.page !== undefined && `page ${passage.source.page}`, beginning(passage.text)].filter(Boolean).join(' · '))),
      ...shown.map((stage) => h('td', { role: 'cell' }, ...placed(passage.scores?.[stage], best(stage))))))));
  table.style.setProperty('--stages', String(shown.length));
  return table;
}

/** Its first words, without what makes them a heading, an item or a row. */
function beginning(text: string): string {
  const words = text.slice(0, 2 * BEGINNING).split('\n').flatMap((line) => {
    // The rule under a table's head says nothing.
    if (/^[\s|:-]*$/.test(line)) return [];
    if (/^\s*\|/.test(line)) return [`${line.split('|').map((cell) => cell.trim()).filter(Boolean).join(', ')};`];
    const said = line.replace(/^[#>*\s-]+/, '').replace(/\s+/g, ' ').trim();
    return [/^\s*#/.test(line) ? `${said}:` : said];
  });
  return words.join(' ').slice(0, BEGINNING).replace(/[:;]$/, '');
}

function placed(place: Placed | undefined, best: number): HTMLElement[] {
  if (!place) {
    return [h('span', { class: 'when' }, h('span', { 'aria-hidden': 'true' }, '–'), spoken('not found by it'))];
  }
  return [
    h('span', { class: 'place' }, spoken('place '), h('strong', {}, String(place.rank)), spoken(', score '), h('span', { class: 'when' }, score(place.score))),
    bar(place.score / best),
  ];
}

/** Small ones tell themselves apart behind the second decimal. */
function score(value: number): string {
  return Math.abs(value) < 0.1 && value !== 0 ? value.toFixed(4) : value.toFixed(2);
}

function timings({ timings_ms: taken }: Explanation): HTMLElement {
  const longest = Math.max(1, ...Object.values(taken));
  return h('dl', { 'class': 'timings', 'aria-label': 'How long each stage took' }, ...Object.entries(STAGES).flatMap(([stage, name]) => taken[stage] === undefined ? [] : [
    h('div', {}, h('dt', {}, name), h('dd', {}, bar(taken[stage] / longest), h('span', {}, duration(taken[stage])))),
  ]));
}

function notes({ searches = [], rewrite, rerank }: Explanation, question: string): string[] {
  const looked = searches.flatMap(({ query, imagined }) => [query === question ? [] : `Looked up: ${query}`, imagined === undefined ? [] : `Looked up as what may answer it: ${imagined}`].flat());
  return [
    ...looked,
    ...rewrite === 'failed' ? ['The model that was to put the question in other words was of no help: it is looked up as it came.'] : [],
    ...rerank === 'late' || rerank === 'failed' ? [`The reranker ${rerank === 'late' ? 'was late' : 'failed'}: passages stand in the order before it.`] : [],
  ];
}

/** What it shows stands beside it in words. */
function bar(share: number): HTMLElement {
  const element = h('span', { 'class': 'bar', 'aria-hidden': 'true' });
  element.style.setProperty('--share', String(Math.min(1, Math.max(0, share || 0))));
  return element;
}
