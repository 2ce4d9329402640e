/** Words that turn what a sentence says into its opposite, in the languages that are asked in most. Some are another word elsewhere, which does no harm. */
const NEGATIONS = new Set([
  'no not nor none never neither nothing nobody without cannot except excluding',
  'nicht nichts nie niemals niemand kein keine keinen keinem keiner keines ohne außer ausser',
  'pas sans jamais aucun aucune rien sauf',
  'non senza mai nessun nessuno nessuna niente tranne',
  'sin nunca ningún ninguno ninguna nada salvo',
  'não sem nenhum nenhuma exceto',
  'niet niets geen nooit zonder behalve',
].join(' ').split(' '));

/** How often a text says that something is not so. */
export function negationsIn(text: string): number {
  const words = text.normalize('NFKC').toLowerCase().replace(/\u2019/g, '\'').match(/\p{L}+(?:'\p{L}+)?/gu) ?? [];
  return words.filter((word) => NEGATIONS.has(word) || word.endsWith("n't")).length;
}
